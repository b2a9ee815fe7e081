import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import type { TrailState } from '@fairlead/protocol/features/audit.ts'
import { verifyFiles } from '@fairlead/hub/audit/verify-file.ts'
import { rewriteTrail } from '../fleet/stolen.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'
import { desktop, openStage, phone, type Stage } from './observe.ts'

describe('the audit trail in the console', need('chromium', 'dockerd', 'busybox'), () => {
  let stage: Stage
  let page: Page

  before(async () => {
    stage = await openStage()
    page = stage.page
    await stage.enrol('alpha')
    const { text } = await stage.owner.ask('GET', '/api/v1/hosts')
    const [host] = JSON.parse(text) as { id: string }[]
    await stage.owner.ask('PATCH', `/api/v1/hosts/${host!.id}`, { body: { tags: ['night', 'quay'] } })
    await stage.owner.ask('PATCH', '/api/v1/organization', { body: { name: 'Quay & Co' } })
    await stage.owner.ask('GET', '/api/v1/audit/export.csv')
  })
  after(() => stage?.stop())

  const state = async () => JSON.parse((await stage.owner.ask('GET', '/api/v1/audit/state')).text) as TrailState
  async function seen(name: string): Promise<void> {
    for (const theme of ['light', 'dark'] as const) {
      await stage.theme(theme)
      await stage.snap(`trail-${name}-${theme}`)
      await stage.clean()
    }
  }

  it('says what is signed and who keeps it, and what each change changed', async () => {
    await until(async () => (await state()).witnesses === 1)
    await page.goto(`${stage.hub.url}/activity`)
    await page.getByText(/\d+ rows signed/).waitFor()
    await page.getByText('1 host keeps a copy of the signature').waitFor()
    await page.getByText('tags: nothing → night, quay').waitFor()
    await page.getByText(/name: .* → Quay & Co/).waitFor()
    await page.getByRole('button', { name: 'Details' }).click()
    await page
      .getByText(/^fairlead\/[0-9a-f]{16}\//)
      .first()
      .waitFor()
    await seen('state')
    await page.getByRole('button', { name: 'Details' }).click()
  })

  it('is filtered by who, what, how, where and when, and the address of the page keeps it', async () => {
    await page.getByRole('combobox', { name: 'What', exact: true }).selectOption({ label: 'Rename the organization' })
    await page.getByText('1 change', { exact: true }).waitFor()
    await seen('filtered')
    await page.reload()
    await page.getByText('1 change', { exact: true }).waitFor()
    await page.getByRole('combobox', { name: 'Outcome', exact: true }).selectOption('refused')
    await page.getByText('Nothing that was done fits').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await page.getByRole('combobox', { name: 'Host', exact: true }).selectOption({ label: 'alpha' })
    await page.locator('.trail', { hasText: 'Change a host' }).waitFor()
    await page.getByLabel('From', { exact: true }).fill('2020-01-01T00:00')
    await page.getByLabel('Until', { exact: true }).fill('2020-01-02T00:00')
    await page.getByText('Nothing that was done fits').waitFor()
    await page.goto(`${stage.hub.url}/activity`)
  })

  it('is saved as it is shown, and what was saved proves itself without the hub', async () => {
    await page.getByRole('combobox', { name: 'What', exact: true }).selectOption({ label: 'Rename the organization' })
    await page.getByText('1 change', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Export' }).click()
    await seen('export')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /NDJSON/ }).click()])
    const file = `${stage.hub.dataDir}/saved.ndjson`
    await download.saveAs(file)
    const [report] = await verifyFiles([file], { key: (await state()).key })
    assert.deepEqual([report!.ok, report!.rows], [true, 1], JSON.stringify(report!.problems))
    assert.match(readFileSync(file, 'utf8'), /Quay & Co/)
    await page.goto(`${stage.hub.url}/activity`)
    await page.locator('.trail', { hasText: 'Export the trail' }).waitFor()
  })

  it('is kept as long as somebody says who proved that it is them', async () => {
    await page.getByRole('button', { name: 'Details' }).click()
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await page.getByRole('combobox', { name: /^Kept here/ }).selectOption('365')
    await seen('keep')
    await page.getByRole('button', { name: 'Keep them so long' }).click()
    await page.getByText('365 days', { exact: false }).first().waitFor()
    assert.equal((await state()).keepDays, 365)
    await page.getByText('days: ∞ → 365').waitFor()
  })

  it('is loud wherever one is when it is not what hosts saw, in both languages and on a phone', async () => {
    await stage.hub.end('SIGTERM')
    await rewriteTrail(stage.hub.dataDir)
    await stage.hub.again()
    await until(async () => (await state()).contradicting.length === 1)
    for (const [language, words] of [
      ['en', 'The audit trail cannot be trusted.'],
      ['fr', 'La trace d’audit n’est pas digne de confiance.'],
    ] as const) {
      await page.evaluate(`localStorage.setItem('language', '${language}')`)
      // First where one begins, with a way to the trail; then there.
      await page.goto(stage.hub.url)
      await page.getByRole('alert').getByText(words).waitFor()
      await page.getByRole('alert').getByRole('link', { name: 'alpha' }).waitFor()
      await seen(`alarm-${language}`)
      await page.setViewportSize(phone)
      await seen(`alarm-${language}-phone`)
      await page.getByRole('alert').locator('a[href="/activity"]').click()
      await page.getByRole('alert').getByText(words).waitFor()
      await page.locator('.trail-box .state-critical').waitFor()
      await seen(`activity-${language}-phone`)
      await page.setViewportSize(desktop)
    }
    await page.evaluate(`localStorage.setItem('language', 'en')`)
  })

  it('had nothing that a script or the content policy stopped', () => assert.deepEqual(stage.problems, []))
})
