import { createSignal, Show, type JSX } from 'solid-js'
import { ask } from '../api/api.ts'
import { RemoveDialog } from '../kit/ask.tsx'
import { plain } from '../kit/kit.tsx'
import { me } from '../kit/me.ts'
import { say } from './words.ts'

const goes = ['hosts', 'secrets', 'people', 'trail'] as const

/** The end of an organization: by its name, and by a proof of who asks. */
export function RemoveOrganization(): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const name = () => me()?.organization.name ?? ''
  async function remove(): Promise<void> {
    await ask('organizations.remove', { name: name() }).catch((reason: unknown) => {
      // Its login went with it: that the way is closed says that it is done.
      if ((reason as { code?: string }).code !== 'lost') throw reason
    })
    location.assign('/')
  }
  return (
    <section class="box danger settings">
      <h2>{say('remove.title')}</h2>
      <p>{say('remove.what', { name: plain(name()) })}</p>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {say('remove.title')}
      </button>
      <Show when={asking()}>
        <RemoveDialog
          title={say('remove.title')}
          question={say('remove.goes')}
          goes={goes.map((one) => say(`remove.${one}`))}
          name={name()}
          send={remove}
          onClose={() => setAsking(false)}
        />
      </Show>
    </section>
  )
}
