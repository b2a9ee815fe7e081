import type { JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { ContainerTable } from './ContainerTable.tsx'

/** Every container on every host. */
export function Containers(): JSX.Element {
  return (
    <>
      <h1 class="visually-hidden-phone">{t('containers.title')}</h1>
      <ContainerTable />
    </>
  )
}
