import type { Page } from 'playwright-core'
import { until } from '../fleet/until.ts'

/** How a browser runs in a container, and asks nobody outside for anything. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** Opens the console and signs in as the owner that `createOwner` made. */
export async function signIn(page: Page, hubUrl: string): Promise<void> {
  await page.goto(hubUrl)
  await page.getByLabel('E-mail').fill('owner@example.test')
  await page.getByLabel('Password').fill('four unrelated words')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

/** Whether the page as a whole can be pushed sideways. */
export function overflowsSideways(page: Page): Promise<boolean> {
  return page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
}

/** Goes by two keys that follow one another. Where a busy machine brings them too far apart they are pressed again. */
export async function goByKeys(page: Page, first: string, second: string, path: string): Promise<void> {
  await until(async () => {
    await page.keyboard.press(first)
    await page.keyboard.press(second)
    return new URL(page.url()).pathname === path
  })
}
