import { useSearchParams } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { t } from '../i18n/i18n.ts'
import { ContainerTable } from './ContainerTable.tsx'

/** Every container on every host. The address holds filter, sort and page. */
export function Containers(): JSX.Element {
  const [search, setSearch] = useSearchParams<{ filter?: string; sort?: string; page?: string }>()
  const text = (value: string | string[] | undefined) => (typeof value === 'string' ? value : '')
  return (
    <>
      <div class="head">
        <h1>{t('containers.title')}</h1>
        <input
          data-filter
          class="grow"
          aria-label={t('containers.filter')}
          placeholder={t('containers.filter')}
          value={text(search.filter)}
          onInput={(event) =>
            setSearch(
              { filter: event.currentTarget.value === '' ? undefined : event.currentTarget.value, page: undefined },
              { replace: true },
            )
          }
          onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
        />
      </div>
      <ContainerTable
        filter={text(search.filter)}
        sort={text(search.sort)}
        page={Number(text(search.page)) || 0}
        onSort={(sort) => setSearch({ sort })}
        onPage={(page) => setSearch({ page: page === 0 ? undefined : String(page) })}
        onClear={() => setSearch({ filter: undefined, page: undefined })}
      />
    </>
  )
}
