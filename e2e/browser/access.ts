import type { AgentProcess } from '../fleet/programs.ts'
import { desktop, openStage, type Stage } from './observe.ts'
import type { BrowserContext, Locator, Page } from 'playwright-core'

export const password = 'nine lamps along a quay'

/** A hub with `alpha`, which has a real engine, and `beta`, which has none; and a second person's browser, in which nobody is signed in. */
export interface AccessStage {
  readonly stage: Stage
  readonly page: Page
  readonly context: BrowserContext
  readonly dev: Page
  readonly alpha: AgentProcess
  /** Of the hosts, by name. */
  readonly ids: Readonly<Record<string, string>>
  go(path: string, of?: Page): Promise<unknown>
  dialog(of?: Page): Locator
  /** Beginning so: what is said below a field is a part of its name. */
  field(name: string, of?: Page | Locator): Locator
  /** As the owner, past the console. */
  api(method: string, path: string, body?: unknown): Promise<{ readonly text: string; readonly body: Record<string, unknown> }>
  people(): Promise<{ id: string; name: string; email: string }[]>
  idOf(name: string): Promise<string>
  inBothThemes(name: string): Promise<void>
  /** Ada comes in, as developer of alpha, in her own browser. */
  letAdaIn(): Promise<void>
}

/** Where a link leads, in whatever way this hub is reached. */
export const joinPath = (link: string) => `/join#${link.split('#')[1]}`

export async function openAccessStage(): Promise<AccessStage> {
  const stage = await openStage()
  const { page } = stage
  await stage.engine.run('web', ['sleep', '100000'])
  const alpha = await stage.enrol('alpha')
  await stage.enrol('beta', '/nonexistent/engine.sock')
  const hosts = JSON.parse((await stage.owner.ask('GET', '/api/v1/hosts')).text) as { id: string; name: string }[]
  const ids = Object.fromEntries(hosts.map(({ id, name }) => [name, id]))
  const context = await stage.browser.newContext({ viewport: desktop, locale: 'en-GB' })
  const dev = await stage.openPage(context)
  const go = (path: string, of = page) => of.goto(stage.hub.url + path)
  const api: AccessStage['api'] = (method, path, body) => stage.owner.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
  const people: AccessStage['people'] = async () => JSON.parse((await api('GET', '/accounts')).text) as never
  const dialog = (of = page) => of.getByRole('dialog')
  return {
    stage,
    page,
    context,
    dev,
    alpha,
    ids,
    go,
    dialog,
    field: (name, of = dialog()) =>
      of.getByRole('combobox', { name: new RegExp(`^${name}`) }).or(of.getByRole('textbox', { name: new RegExp(`^${name}`) })),
    api,
    people,
    idOf: async (name) => (await people()).find((one) => one.name === name)!.id,
    async inBothThemes(name) {
      for (const theme of ['light', 'dark'] as const) {
        await stage.theme(theme)
        await stage.snap(`access-${name}-${theme}`)
        await stage.clean()
      }
    },
    async letAdaIn() {
      const reach = { on: 'host', target: ids['alpha'] }
      const { body } = await api('POST', '/accounts/invitations', { email: 'ada@example.test', role: 'developer', reach })
      await go(joinPath(String(body['link'])), dev)
      await dev.getByLabel('Your name').fill('Ada')
      await dev.getByLabel('Password').fill(password)
      await dev.keyboard.press('Enter')
      await dev.getByRole('heading', { name: 'Overview' }).waitFor()
    },
  }
}
