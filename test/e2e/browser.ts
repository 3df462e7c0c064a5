import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Result } from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { vi } from 'vitest'
import type { Person, World } from '../world.ts'

const DIST = fileURLToPath(new URL('../../packages/web/dist/index.html', import.meta.url))
const AXE = fileURLToPath(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url))
const DEBIAN = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']

// A browser, a server and a database at once, on a small machine.
vi.setConfig({ testTimeout: 120_000 })

/** Longest wait for anything on a page. */
const PATIENCE_MS = 15_000

export interface OpenOptions {
  width?: number
  height?: number
  dark?: boolean
  language?: 'en-US' | 'zh-CN'
}

/** A tab of somebody's own browser, closed with the test. What goes wrong inside is in `errors`. */
export interface Tab extends AsyncDisposable {
  page: Page
  context: BrowserContext
  errors: string[]
}

let launched: Promise<Browser> | undefined

/** Debian's Chromium, or the one that comes with npm. One for all tests of a file. */
function launch(): Promise<Browser> {
  launched ??= (async () => {
    const installed = process.env.CONVIVE_CHROMIUM ?? DEBIAN.find((path) => existsSync(path))
    if (installed) return chromium.launch({ executablePath: installed, args: ARGS })
    const { default: bundled } = await import('@sparticuz/chromium')
    return chromium.launch({
      executablePath: await bundled.executablePath(),
      args: [...bundled.args, ...ARGS],
    })
  })()
  return launched
}

/** Closes the browser; for `afterAll`. */
export async function closeBrowser(): Promise<void> {
  await (await launched)?.close()
  launched = undefined
}

/** Opens the page of the world's server, signed in as somebody or as a stranger. */
export async function openTab(
  world: World,
  person: Person | null,
  path: string,
  { width = 1280, height = 800, dark = false, language = 'en-US' }: OpenOptions = {},
): Promise<Tab> {
  if (!existsSync(DIST)) throw new Error('The page is not built: node scripts/build-web.ts')
  const browser = await launch()
  const context = await browser.newContext({
    baseURL: world.url,
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: language,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(PATIENCE_MS)
  if (person) {
    await context.addInitScript((token) => {
      // Only the first time: signing out must stay signed out.
      if (!sessionStorage.getItem('placed')) localStorage.setItem('convive.token', token)
      sessionStorage.setItem('placed', '1')
    }, person.token)
  }
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    // The browser itself logs every answer of 400 and up; those are the server's to judge.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text())
  })
  await page.goto(path)
  return { page, context, errors, [Symbol.asyncDispose]: () => context.close() }
}

/** What axe finds wrong with the page as it stands: rule, and where. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // By the debugger: the page's own policy forbids foreign script tags.
  await page.evaluate(readFileSync(AXE, 'utf8'))
  const violations = (await page.evaluate('axe.run(document).then((found) => found.violations)')) as Result[]
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
}
