import type { JSX } from 'solid-js'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Setting } from '@fairlead/protocol/features/settings.ts'
import { Empty, ErrorBox, Skeleton } from '../kit/kit.tsx'
import { HubTable } from './HubTable.tsx'
import { Choice, SettingRow, TextValue } from './rows.tsx'
import { lengthWords, say } from './words.ts'

const nothing = () => undefined
const dayMs = 86_400_000
const setting = (name: string, value: Setting['value'], source: Setting['source'] = 'default', from = ''): Setting => ({
  name,
  value,
  source,
  from,
})
const until = (days: number) => setting('hub.certificateUntil', Date.now() + days * dayMs, 'file', 'FAIRLEAD_TLS_CERT')

const hub = [
  setting('hub.version', '0.1.0'),
  setting('hub.publicUrl', null),
  setting('hub.publicUrl', `https://${'h'.repeat(60)}.example.test`, 'env', 'FAIRLEAD_PUBLIC_URL'),
  setting('hub.certificate', null),
  setting('hub.certificate', `/etc/${'d'.repeat(200)}/hub.pem`, 'file', 'FAIRLEAD_TLS_CERT'),
  until(90),
  until(9),
  until(-1),
  setting('hub.proxies', '10.0.0.0/8, 192.168.0.0/16', 'env', 'FAIRLEAD_TRUSTED_PROXIES'),
  setting('hub.database', null),
  setting('hub.kites', 7, 'ui'),
]
const lengths = [15, 60, 90, 1440, 10_080].map((minutes): readonly [string, string] => [String(minutes), lengthWords(minutes)])

/** Settings of each source: chosen, by themselves, locked. */
export function SettingStates(): JSX.Element {
  return (
    <>
      <section class="box settings">
        <SettingRow label={say('organization.name')} setting={setting('organization.name', 'Example', 'ui')}>
          <TextValue label={say('organization.name')} value={'Quay & Co '.repeat(12)} disabled={false} onSave={nothing} />
        </SettingRow>
        <SettingRow label={say('logins.life')} setting={setting('logins.life', 1440)}>
          <Choice label={say('logins.life')} value="1440" options={lengths} disabled={false} onChoose={nothing} />
        </SettingRow>
        <SettingRow label={say('logins.idle')} setting={setting('logins.idle', 60, 'env', 'FAIRLEAD_LOGIN_IDLE_MINUTES')}>
          <Choice label={say('logins.idle')} value="60" options={lengths} disabled onChoose={nothing} />
        </SettingRow>
        <SettingRow label={say('organization.language')} setting={setting('organization.language', 'fr', 'file', 'FAIRLEAD_LANGUAGE')}>
          <Choice label={say('organization.language')} value="fr" options={[['fr', say('language.fr')]]} disabled onChoose={nothing} />
        </SettingRow>
      </section>
      <HubTable settings={hub} />
      <Empty text={say('none')} />
      <Skeleton lines={4} />
      <ErrorBox what={say('error')} error={new FairleadError('host_offline', 'The hub does not answer.')} onRetry={nothing} />
    </>
  )
}
