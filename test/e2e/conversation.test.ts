import type { Page, WebSocketRoute } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { createWorld, must, type Person, type World } from '../world.ts'
import { closeBrowser, openTab } from './browser.ts'

afterAll(closeBrowser)

const box = (page: Page) => page.getByRole('textbox', { name: /^Message #/ })
const said = (page: Page, text: string) => page.locator('[data-message]').filter({ hasText: text })

async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text)
  await box(page).press('Enter')
}

async function channelPath(world: World): Promise<string> {
  const guild = await world.guild()
  return `/channels/${guild.id}/${guild.channelId}`
}

async function history(world: World, author: Person, count: number): Promise<void> {
  const { channelId } = await world.guild()
  for (let n = 0; n < count; n++)
    must(await author.api.post(`/channels/${channelId}/messages`, { content: `line ${n}` }), 200)
}

test('what one says is there at once, and the other hears it', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const path = await channelPath(world)
  await using a = await openTab(world, ada, path)
  await using b = await openTab(world, bob, path)
  await box(b.page).waitFor()
  await say(a.page, 'hello **bob**')
  await said(a.page, 'hello bob').waitFor()
  await said(b.page, 'hello bob').waitFor()
  expect(await said(b.page, 'hello bob').locator('strong').innerText()).toBe('bob')
  expect(await said(a.page, 'hello bob').count()).toBe(1)
  expect(a.errors).toEqual([])
})

test('a message that cannot be sent stays, says why, and goes when tried again', async () => {
  await using world = await createWorld()
  const { owner } = await world.guild()
  await using tab = await openTab(world, owner, await channelPath(world))
  const { page } = tab
  await box(page).waitFor()
  await page.route('**/messages', (route) =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  )
  await say(page, 'lost words')
  await page.getByText('Not sent: The server cannot be reached.').waitFor()
  await page.unroute('**/messages')
  await page.getByRole('button', { name: 'Try again' }).click()
  await said(page, 'lost words').waitFor()
  expect(await page.getByText('Not sent').count()).toBe(0)
})

test('arrow up edits one’s last, reactions count, replies lead back, deletion asks', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const path = await channelPath(world)
  await using a = await openTab(world, ada, path)
  await using b = await openTab(world, bob, path)
  await say(a.page, 'a frist draft')
  await said(a.page, 'a frist draft').waitFor()
  await box(a.page).press('ArrowUp')
  const editor = a.page.getByRole('textbox', { name: 'Edit the message' })
  await editor.fill('a first draft')
  await editor.press('Enter')
  await said(b.page, 'a first draft').getByText('(edited)').waitFor()

  await said(b.page, 'a first draft').hover()
  await b.page.getByRole('button', { name: 'Add a reaction' }).click()
  await b.page.getByRole('textbox', { name: 'Search emoji' }).fill('谢谢')
  await b.page.getByRole('textbox', { name: 'Search emoji' }).press('Enter')
  await a.page.getByRole('button', { name: '🙏, 1 reaction' }).click()
  await b.page.getByRole('button', { name: '🙏, 2 reactions' }).waitFor()

  await said(b.page, 'a first draft').hover()
  await b.page.getByRole('button', { name: 'Reply' }).click()
  await say(b.page, 'well said')
  await said(a.page, 'well said').getByText('In reply to').waitFor({ state: 'attached' })

  await said(a.page, 'a first draft').first().hover()
  await a.page.getByRole('button', { name: 'More', exact: true }).click()
  await a.page.getByRole('menuitem', { name: 'Delete' }).click()
  await a.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await said(b.page, 'well said').getByText('The original message was deleted').waitFor()
})

test('the history goes back to its beginning, and pins lead to their place', async () => {
  await using world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' } })
  const { owner, channelId } = await world.guild()
  await history(world, owner, 120)
  const first = must(await owner.api.get(`/channels/${channelId}/messages?limit=100`), 200) as {
    id: string
    content: string
  }[]
  const target = first.find((message) => message.content === 'line 40')
  must(await owner.api.put(`/channels/${channelId}/messages/pins/${target?.id}`), 204)
  await using tab = await openTab(world, owner, await channelPath(world))
  const { page } = tab
  await said(page, 'line 119').waitFor()
  // Only what is in sight is on the page.
  expect(await page.locator('[data-message]').count()).toBeLessThan(60)
  const pane = page.getByRole('region', { name: /^Messages in/ })
  await expect
    .poll(
      async () => {
        const before = await pane.evaluate((element) => {
          const { scrollTop } = element
          element.scrollTo({ top: 0 })
          return scrollTop
        })
        return before === 0 && (await page.getByRole('heading', { name: /^Welcome to/ }).isVisible())
      },
      { timeout: 15_000 },
    )
    .toBe(true)
  await page.getByRole('button', { name: /^(To the newest|New messages)$/ }).click()
  await said(page, 'line 119').waitFor()
  await page.getByRole('button', { name: 'Pinned messages' }).click()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await expect.poll(() => said(page, 'line 40').isVisible()).toBe(true)
  expect(page.url()).toContain(target?.id)
})

test('an input method’s Enter sends nothing', async () => {
  await using world = await createWorld()
  const { owner } = await world.guild()
  await using tab = await openTab(world, owner, await channelPath(world))
  const { page } = tab
  await box(page).fill('ni hao')
  await box(page).dispatchEvent('keydown', {
    key: 'Enter',
    bubbles: true,
    cancelable: true,
    isComposing: true,
  })
  expect(await box(page).inputValue()).toBe('ni hao')
  await box(page).press('Shift+Enter')
  expect(await box(page).inputValue()).toBe('ni hao\n')
})

test('unsent words wait in their channel, and names become mentions', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const other = await world.channel({ name: 'other' })
  const guild = await world.guild()
  await using a = await openTab(world, ada, await channelPath(world))
  await using b = await openTab(world, bob, `/channels/${guild.id}/${other}`)
  await box(b.page).waitFor()
  await box(a.page).fill('half a thou')
  await a.page.getByRole('link', { name: 'other' }).click()
  await expect.poll(() => box(a.page).inputValue()).toBe('')
  await a.page.getByRole('link', { name: 'general' }).click()
  await expect.poll(() => box(a.page).inputValue()).toBe('half a thou')
  await box(a.page).fill('')
  await box(a.page).pressSequentially(`hi @${bob.name.slice(0, 4)}`)
  await a.page.getByRole('option', { name: new RegExp(bob.name) }).waitFor()
  await box(a.page).press('Tab')
  await box(a.page).press('Enter')
  await b.page.getByRole('link', { name: /general.*1 mention/ }).click()
  await said(b.page, `@${bob.name}`).waitFor()
  await expect.poll(() => b.page.getByRole('link', { name: /1 mention/ }).count()).toBe(0)
})

test('Ctrl-K goes anywhere by a few letters', async () => {
  await using world = await createWorld()
  const { owner } = await world.guild()
  await world.channel({ name: 'tea-house' })
  await using tab = await openTab(world, owner, '/channels/@me')
  const { page } = tab
  await page.getByRole('heading', { name: 'Friends', exact: true }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Go to' }).fill('tea')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'tea-house', exact: true }).waitFor()
})

test('files go along: a picture is shown, another kind is offered', async () => {
  await using world = await createWorld()
  const { owner } = await world.guild()
  await using tab = await openTab(world, owner, await channelPath(world))
  const { page } = tab
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC',
    'base64',
  )
  await page
    .getByLabel('Attach files', { exact: true })
    .first()
    .setInputFiles([
      { name: 'dot.png', mimeType: 'image/png', buffer: png },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') },
    ])
  await say(page, 'two files')
  await page.getByRole('button', { name: 'Open picture dot.png' }).waitFor()
  await page.getByRole('link', { name: 'Download notes.txt' }).waitFor()
  await page.getByRole('button', { name: 'Open picture dot.png' }).click()
  await page.getByRole('dialog', { name: 'dot.png' }).waitFor()
  await page.keyboard.press('Escape')
  expect(tab.errors).toEqual([])
})

test('a lost connection is told, and what was missed is there afterwards', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const { channelId } = await world.guild()
  await using tab = await openTab(world, ada, await channelPath(world))
  const { page } = tab
  const sockets: WebSocketRoute[] = []
  let cut = false
  await page.routeWebSocket(/\/gateway/, (socket) => {
    if (cut) return socket.close({ code: 4999 })
    sockets.push(socket)
    socket.connectToServer()
  })
  await page.reload()
  await box(page).waitFor()
  cut = true
  await sockets.at(-1)?.close({ code: 4999 })
  await page.getByText('Connection lost. Reconnecting…').waitFor()
  await bob.say(channelId, 'meanwhile')
  cut = false
  await page.getByText('Connected again').waitFor()
  await said(page, 'meanwhile').waitFor()
})
