import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accessEn } from './access-en.ts'
import { accessFr } from './access-fr.ts'
import { approvalsEn } from './approvals-en.ts'
import { approvalsFr } from './approvals-fr.ts'
import { askEn } from './ask-en.ts'
import { askFr } from './ask-fr.ts'
import { auditEn } from './audit-en.ts'
import { auditFr } from './audit-fr.ts'
import { backupEn } from './backup-en.ts'
import { backupFr } from './backup-fr.ts'
import { en } from './en.ts'
import { enrolEn } from './enrol-en.ts'
import { enrolFr } from './enrol-fr.ts'
import { eventsEn } from './events-en.ts'
import { eventsFr } from './events-fr.ts'
import { factorsEn } from './factors-en.ts'
import { factorsFr } from './factors-fr.ts'
import { filesEn } from './files-en.ts'
import { filesFr } from './files-fr.ts'
import { fr } from './fr.ts'
import { hostEn } from './host-en.ts'
import { hostFr } from './host-fr.ts'
import { identitiesEn } from './identities-en.ts'
import { identitiesFr } from './identities-fr.ts'
import { observeEn } from './observe-en.ts'
import { observeFr } from './observe-fr.ts'
import { rulesEn } from './rules-en.ts'
import { rulesFr } from './rules-fr.ts'
import { secretsEn } from './secrets-en.ts'
import { secretsFr } from './secrets-fr.ts'
import { settingsEn } from './settings-en.ts'
import { settingsFr } from './settings-fr.ts'
import { tlsEn } from './tls-en.ts'
import { tlsFr } from './tls-fr.ts'
import { tokensEn } from './tokens-en.ts'
import { tokensFr } from './tokens-fr.ts'
import { updatesEn } from './updates-en.ts'
import { updatesFr } from './updates-fr.ts'
import { waysEn } from './ways-en.ts'
import { waysFr } from './ways-fr.ts'
import { bytes, chooseLanguage } from './i18n.ts'

/** Words that French writes as English does, names of units and of programs. */
const alike = new Set([
  'access.feature.secrets',
  'audit.changed.version',
  'containers.cpu',
  'containers.id',
  'containers.image',
  'containers.ports',
  'containers.service',
  'enrol.ttl.900',
  'grid.actions',
  'host.link.hub',
  'hosts.agent',
  'hosts.cpu',
  'hosts.machine',
  'keys.shell',
  'observe.logs.clock.utc',
  'observe.logs.level.fatal',
  'observe.logs.level.info',
  'observe.logs.level.trace',
  'observe.logs.options',
  'metrics.name.load1',
  'metrics.name.load15',
  'metrics.name.load5',
  'metrics.name.pressureCpu',
  'palette.action',
  'palette.page',
  'range.1h',
  'range.24h',
  'range.6h',
  'nav.secrets',
  'state.ok',
  'tab.journal',
  'tab.terminal',
  'secrets.count',
  'secrets.providers.references',
  'secrets.reveal.title',
  'secrets.tab.list',
  'secrets.title',
  'secrets.version',
  'secrets.versions',
  'settings.hub.version',
  'settings.language.en',
  'settings.language.fr',
  'settings.minutes',
  'tls.title',
])
const tables: Readonly<Record<string, readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>]>> = {
  '': [en, fr],
  'access.': [accessEn, accessFr],
  'approvals.': [approvalsEn, approvalsFr],
  'audit.': [auditEn, auditFr],
  'ask.': [askEn, askFr],
  'backup.': [backupEn, backupFr],
  'enrol.': [enrolEn, enrolFr],
  'events.': [eventsEn, eventsFr],
  'factors.': [factorsEn, factorsFr],
  'files.': [filesEn, filesFr],
  'host.': [hostEn, hostFr],
  'identities.': [identitiesEn, identitiesFr],
  'observe.': [observeEn, observeFr],
  'secrets.': [secretsEn, secretsFr],
  'rules.': [rulesEn, rulesFr],
  'settings.': [settingsEn, settingsFr],
  'tls.': [tlsEn, tlsFr],
  'tokens.': [tokensEn, tokensFr],
  'updates.': [updatesEn, updatesFr],
  'ways.': [waysEn, waysFr],
}
const texts = Object.entries(tables).flatMap(([of, [english, french]]) =>
  Object.entries(english).map(([key, text]) => ({ key: `${of}${key}`, en: text, fr: french[key] ?? '' })),
)
/** What is filled in, and what is typed as it is: fields of a filter, commands, quoted names. */
const verbatim = /\{[^}]*\}|\b\w+:[\w*+-]*|« [^»]* »|https?:\S+|\/\w+\/i?/g

describe('the two languages', () => {
  it('say each thing in their own words; what is the same in both is listed here', () => {
    const same = texts.filter((text) => text.en === text.fr).map(({ key }) => key)
    assert.deepEqual(same.sort(), [...alike].sort())
  })

  it('fill in the same things', () => {
    const filled = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))
    for (const { key, ...text } of texts) {
      // Where French counts and English does not: the bare number beside the one that is written with its thousands apart.
      const [said, also] = [filled(text.en), filled(text.fr)]
      for (const name of said) assert.ok(also.has(name), `${key} leaves out {${name}} in French`)
      for (const name of also) assert.ok(said.has(name) || name === 'count', `${key} fills in {${name}} in French alone`)
    }
  })

  it('have no English word left in French', () => {
    const english = /\b(?:the|and|of|is|are|was|not|with|for|from|this|that|running|stopped|host|hosts|log|logs|since|ago|B|[KMGT]iB)\b/i
    for (const { key, fr: text } of texts) assert.doesNotMatch(text.replaceAll(verbatim, ' '), english, key)
  })

  it('French has its own spaces and quotes', () => {
    for (const { key, fr: text } of texts) {
      assert.doesNotMatch(text.replaceAll(verbatim, ''), /\w[!?;](?:\s|$)/, key)
      assert.doesNotMatch(text, /[a-z]'[a-zéèê]/, key)
    }
  })

  it('call what lets a host in by one name, the line that is pasted', () => {
    // People are invited; hosts are not.
    for (const { key, ...text } of texts.filter(({ key }) => !/account|access|token|secrets|settings/.test(key)))
      for (const one of [text.en, text.fr]) assert.doesNotMatch(one, /invitation|join string|jeton|token\b/i, key)
  })

  it('count bytes in units of their own', async () => {
    Object.assign(globalThis, { localStorage: { getItem: () => null, setItem: () => undefined }, document: { documentElement: {} } })
    await chooseLanguage('fr')
    assert.match(bytes(3.5 * 2 ** 30), /^3[.,]5 Gio$/)
    assert.equal(bytes(12), '12 o')
    await chooseLanguage('en')
    assert.match(bytes(3.5 * 2 ** 30), /^3[.,]5 GiB$/)
  })
})
