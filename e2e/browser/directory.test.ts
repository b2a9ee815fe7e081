import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { base, people, reader, startSlapd } from '../../hub/src/identities/ldap/test-slapd.ts'
import { ageProofs } from '../fleet/proofs.ts'
import { need } from '../need.ts'
import { openLone, type Lone } from './lone.ts'
import { phone } from './observe.ts'

// A real slapd, whose certificate an authority of its own signed; the hub is let into this machine's own network for it.
describe('a directory in the console', need('chromium', 'slapd'), () => {
  let lone: Lone
  let page: Page
  let slapd: Awaited<ReturnType<typeof startSlapd>>
  let id = ''

  before(async () => {
    ;[lone, slapd] = await Promise.all([openLone({ FAIRLEAD_OUTBOUND_ALLOW: '127.0.0.0/8, ::1/128' }), startSlapd()])
    page = lone.page
  })
  after(async () => {
    await lone?.stop()
    await slapd?.close()
  })

  const dialog = () => page.getByRole('dialog')
  const field = (name: string) => dialog().getByRole('textbox', { name: new RegExp(`^${name}`) })
  const step = (name: string) => page.getByRole('listitem').filter({ hasText: name })
  const send = (name: string) => dialog().getByRole('button', { name, exact: true }).click()
  /** What is wrong stands at the field, which has the keyboard; what was typed stays. */
  async function wrongAt(name: string, words: string): Promise<void> {
    await dialog().getByRole('alert').getByText(words).waitFor()
    assert.equal(await field(name).getAttribute('aria-invalid'), 'true')
    assert.equal(await dialog().locator(':focus').getAttribute('aria-invalid'), 'true', `${name} has not the keyboard`)
    assert.equal(await dialog().getByRole('alert').count(), 1)
  }
  async function signInThere(of: Page, name: string, password: string): Promise<void> {
    await of.getByLabel('Name in Harbour book').fill(name)
    await of.getByLabel('Password there').fill(password)
    await of.getByRole('button', { name: 'Sign in through Harbour book' }).click()
  }

  it('is set up by a form that names at its field what cannot be, in both languages', async () => {
    await page.goto(`${lone.hub.url}/access/sign-in`)
    await page.getByRole('button', { name: 'Add a provider' }).click()
    await dialog().getByLabel('Kind').selectOption('ldap')
    await dialog().getByLabel('How it is reached').waitFor()
    assert.equal(await dialog().getByRole('button', { name: 'Add a provider' }).isDisabled(), true)
    await lone.inBothThemes('directory-form')
    await field('Name').fill('Harbour book')
    await field('Host').fill('local host')
    await field('Who looks people up').fill('reader')
    await field('Where people are').fill(base)
    await dialog().getByLabel('Password of who looks people up').fill('wrong')
    await send('Add a provider')
    await wrongAt('Host', 'A name or an address, and a port')
    await lone.inBothThemes('directory-form-wrong')
    await field('Host').fill(`localhost:70000`)
    await send('Add a provider')
    await wrongAt('Host', 'up to 65535')
    await field('Host').fill(`localhost:${slapd.tlsPort}`)
    await send('Add a provider')
    await wrongAt('Who looks people up', 'A whole name like cn=reader')
    await field('Who looks people up').fill(reader.dn)
    await field('Whom to let in').fill('(uid=')
    await send('Add a provider')
    await wrongAt('Whom to let in', 'This is no LDAP filter')
    await field('Whom to let in').fill('')
    await field('Authority of its certificate').fill('nonsense')
    await send('Add a provider')
    await wrongAt('Authority of its certificate', 'no certificate in PEM form')
    assert.equal(await field('Where people are').inputValue(), base)
    await field('Authority of its certificate').fill('')
    await send('Add a provider')
    await page.getByRole('heading', { name: 'Harbour book', exact: true }).waitFor()
    id = page.url().split('/').at(-1)!
    await page.evaluate(`localStorage.setItem('language', 'fr')`)
    await page.setViewportSize(phone)
    await page.goto(`${lone.hub.url}/access/sign-in`)
    await page.getByRole('button', { name: 'Ajouter un fournisseur' }).click()
    await dialog().getByLabel('Type').selectOption('ldap')
    await field('Nom').fill('Harbour book')
    await field('Hôte').fill('a')
    await field('Qui cherche').fill('a=b')
    await field('Où sont').fill('c=d')
    await dialog().getByRole('button', { name: 'Ajouter un fournisseur' }).click()
    await wrongAt('Nom', 'Un autre fournisseur s’appelle déjà ainsi.')
    await lone.inBothThemes('directory-form-phone-fr')
    await page.setViewportSize({ width: 1400, height: 900 })
    await page.evaluate(`localStorage.setItem('language', 'en')`)
  })

  it('is tested step by step, up to the one that fails, with how to mend it; and finds somebody by name', async () => {
    await page.goto(`${lone.hub.url}/access/sign-in/${id}`)
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await step('Encryption').getByText('wrong', { exact: true }).waitFor()
    await step('Encryption').getByText('another authority signed it').waitFor()
    await lone.inBothThemes('directory-untrusted')
    await page.getByRole('button', { name: 'Change' }).click()
    await field('Authority of its certificate').fill(slapd.ca)
    await send('Save')
    // A kept secret goes nowhere that is trusted otherwise.
    await dialog().getByRole('alert').getByText('give its secret anew').waitFor()
    await dialog().getByLabel('Password of who looks people up').fill('wrong')
    await send('Save')
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Test again' }).click()
    await step('Whoever looks people up gets in').getByText('wrong', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Change' }).click()
    await dialog().getByLabel('Password of who looks people up').fill(reader.password)
    await send('Save')
    await dialog().waitFor({ state: 'detached' })
    await page.getByLabel('Somebody to look for').fill('nobody')
    await page.getByRole('button', { name: 'Test again' }).click()
    await step('The person is found').getByText('wrong', { exact: true }).waitFor()
    await page.getByLabel('Somebody to look for').fill('alice')
    await page.getByRole('button', { name: 'Test again' }).click()
    await step('Groups of the person').getByText('fine', { exact: true }).waitFor()
    assert.equal(await page.getByText('wrong', { exact: true }).count(), 0)
    await lone.inBothThemes('directory-tested')
  })

  it('gives roles by groups that are named whole, and lets somebody in by the name and the password that they have there', async () => {
    await page.getByRole('button', { name: 'Add a rule' }).click()
    await field('Group at the provider').fill('admins')
    await dialog().getByLabel('Role').selectOption('admin')
    await send('Add a rule')
    await wrongAt('Group at the provider', 'named whole')
    await field('Group at the provider').fill(`cn=admins,ou=groups,${base}`)
    await send('Add a rule')
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.getByRole('button', { name: 'Close it' }).waitFor()
    const at = await lone.open()
    await at.page.goto(`${lone.hub.url}/hosts`)
    await at.page.getByRole('button', { name: 'Sign in through Harbour book' }).click()
    await lone.inBothThemes('directory-sign-in', at.page)
    await signInThere(at.page, 'alice', 'wrong')
    await at.page.getByText('Name or password is wrong.').waitFor()
    await lone.inBothThemes('directory-sign-in-wrong', at.page)
    assert.equal(await at.page.getByLabel('Name in Harbour book').inputValue(), 'alice')
    await signInThere(at.page, 'bob', people.bob)
    await at.page.getByText('none of your groups has a role here').waitFor()
    await signInThere(at.page, 'alice', people.alice)
    await at.page.getByRole('heading', { name: 'Hosts', exact: true }).waitFor()
    await at.page.goto(`${lone.hub.url}/profile`)
    await at.page.getByText('your account stands on it').waitFor()
    assert.equal(await at.page.getByLabel('Current password').count(), 0, 'a password is asked for of who has none')
    await at.context.close()
  })

  it('is where somebody proves anew who they are, without leaving the page; what they wanted goes through then', async () => {
    const at = await lone.open()
    await at.page.goto(`${lone.hub.url}/access`)
    await at.page.getByRole('button', { name: 'Sign in through Harbour book' }).click()
    await signInThere(at.page, 'alice', people.alice)
    await at.page.getByRole('button', { name: 'Invite a person' }).waitFor()
    await ageProofs(lone.hub)
    await at.page.goto(`${lone.hub.url}/access`)
    const invite = async () => {
      await at.page.getByRole('button', { name: 'Invite a person' }).click()
      await at.page.getByRole('dialog').getByLabel('E-mail').fill('carl@example.test')
      await at.page.getByRole('button', { name: 'Make the link' }).click()
    }
    await invite()
    const asked = at.page.getByRole('dialog', { name: 'Is it still you?' })
    await asked.getByLabel('Name in Harbour book').waitFor()
    await lone.inBothThemes('directory-step-up', at.page)
    await asked.getByLabel('Name in Harbour book').fill('alice')
    await asked.getByLabel('Password there').fill(people.alice)
    await asked.getByRole('button', { name: 'Sign in through Harbour book' }).click()
    await asked.waitFor({ state: 'detached' })
    await at.page.getByRole('button', { name: 'Invite a person' }).waitFor()
    await invite()
    await at.page.getByText('Copy it now: it is shown once.').waitFor()
    await at.context.close()
  })

  it('that stopped is said on the sign-in page, and who has a password here still gets in', async () => {
    await slapd.stop()
    const at = await lone.open('fr-FR')
    await at.page.setViewportSize(phone)
    await at.page.goto(lone.hub.url)
    await at.page.getByRole('button', { name: 'Se connecter par Harbour book' }).click()
    await at.page.getByLabel('Nom dans Harbour book').fill('alice')
    await at.page.getByLabel('Mot de passe dans cet annuaire').fill(people.alice)
    await at.page.getByRole('button', { name: 'Se connecter par Harbour book' }).click()
    await at.page.getByText('Harbour book ne répond pas comme il faut').waitFor()
    await lone.inBothThemes('directory-down-phone-fr', at.page)
    await at.context.close()
    assert.deepEqual(lone.problems, [])
  })
})
