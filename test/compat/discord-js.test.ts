import {
  ChannelType,
  Client,
  Events,
  GatewayIntentBits,
  type Message,
  Partials,
  type TextChannel,
} from 'discord.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, type Person, type World } from '../world.ts'
import { CuttableProxy } from './cuttable-proxy.ts'

// An unmodified discord.js bot, told nothing but another address.

let world: World
let proxy: CuttableProxy
let ada: Person
let channelId: string
let guildId: string
let client: Client<true>
const heard: string[] = []

beforeAll(async () => {
  world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' } })
  proxy = await CuttableProxy.to(world.url)
  ;[ada] = (await world.members(1)) as [Person]
  const guild = await world.guild()
  channelId = guild.channelId
  guildId = guild.id
  const bot = await world.bot('discordjs')
  client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMembers,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.GuildMessageReactions,
      GatewayIntentBits.MessageContent,
      GatewayIntentBits.DirectMessages,
    ],
    partials: [Partials.Channel],
    rest: { api: `${proxy.url}/api` },
  })
  client.on(Events.MessageCreate, (message) => void heard.push(message.content))
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(bot.token)
  await ready
})
afterAll(async () => {
  await client.destroy()
  await proxy[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

function nextMessage(matches: (message: Message) => boolean): Promise<Message<true>> {
  return new Promise((resolve) => {
    const hear = (message: Message) => {
      if (!matches(message)) return
      client.off(Events.MessageCreate, hear)
      resolve(message as Message<true>)
    }
    client.on(Events.MessageCreate, hear)
  })
}

async function textChannel(): Promise<TextChannel> {
  return (await client.channels.fetch(channelId)) as TextChannel
}

test('it signs in and knows its guild', async () => {
  const guild = client.guilds.cache.get(guildId)
  expect(guild).toMatchObject({ available: true, ownerId: ada.id })
  expect(guild?.channels.cache.has(channelId)).toBe(true)
  expect(guild?.members.me?.permissions.has('Administrator')).toBe(true)
  const members = await guild?.members.fetch()
  expect(members?.has(ada.id)).toBe(true)
  expect((await guild?.members.search({ query: 'person' }))?.size).toBeGreaterThan(0)
})

test('it hears a message, replies, reacts, edits and deletes', async () => {
  const coming = nextMessage((message) => message.content === 'hello bot')
  const sent = await ada.say(channelId, 'hello bot')
  const message = await coming
  expect(message).toMatchObject({ id: sent.id, channelId, guildId, author: { id: ada.id, bot: false } })
  expect(message.member?.id).toBe(ada.id)
  const reply = await message.reply('hello person')
  expect(reply).toMatchObject({ content: 'hello person', reference: { messageId: message.id } })
  const reacted = new Promise((resolve) =>
    client.once(Events.MessageReactionAdd, (reaction) => resolve(reaction.emoji.name)),
  )
  await message.react('👍')
  expect(await reacted).toBe('👍')
  const updated = new Promise<string | null>((resolve) =>
    client.once(Events.MessageUpdate, (_, after) => resolve(after.content)),
  )
  await reply.edit({ content: 'edited', embeds: [{ title: 'A card', description: 'with text' }] })
  expect(await updated).toBe('edited')
  expect((await reply.fetch(true)).embeds[0]?.title).toBe('A card')
  const deleted = new Promise((resolve) => client.once(Events.MessageDelete, (gone) => resolve(gone.id)))
  await reply.delete()
  expect(await deleted).toBe(reply.id)
})

test('it makes a role and a channel, and is told of both', async () => {
  const guild = await client.guilds.fetch(guildId)
  const roleMade = new Promise((resolve) => client.once(Events.GuildRoleCreate, (role) => resolve(role.name)))
  const role = await guild.roles.create({
    name: 'helpers',
    colors: { primaryColor: 0x3366ff },
    permissions: ['SendMessages'],
  })
  expect(await roleMade).toBe('helpers')
  await (await guild.members.fetch(ada.id)).roles.add(role)
  await expect
    .poll(async () => (await guild.members.fetch({ user: ada.id, force: true })).roles.cache.has(role.id))
    .toBe(true)
  const channelMade = new Promise((resolve) =>
    client.once(Events.ChannelCreate, (channel) => resolve(channel.name)),
  )
  const channel = await guild.channels.create({
    name: 'bots only',
    type: ChannelType.GuildText,
    permissionOverwrites: [{ id: guildId, deny: ['ViewChannel'] }],
  })
  expect(await channelMade).toBe('bots-only')
  await channel.send({
    content: 'with a file',
    files: [{ attachment: Buffer.from('some text'), name: 'note.txt' }],
  })
  const history = await channel.messages.fetch({ limit: 10 })
  expect(history.first()?.attachments.first()?.name).toBe('note.txt')
  await channel.permissionOverwrites.edit(role, { ViewChannel: true })
  await channel.delete()
  expect(guild.channels.cache.has(channel.id)).toBe(false)
})

test('it survives cut connections without missing or doubling a message', async () => {
  const resumed: number[] = []
  client.on(Events.ShardResume, (_, replayed) => resumed.push(replayed))
  const before = heard.length
  const expected: string[] = []
  const say = async (content: string) => {
    expected.push(content)
    await ada.say(channelId, content)
  }
  for (let round = 0; round < 3; round++) {
    await say(`round ${round}: before`)
    expect(proxy.cut()).toBe(1)
    for (let n = 0; n < 5; n++) await say(`round ${round}: meanwhile ${n}`)
    await expect.poll(() => resumed.length, { timeout: 15_000 }).toBe(round + 1)
    await say(`round ${round}: after`)
  }
  await expect.poll(() => heard.slice(before), { timeout: 15_000 }).toEqual(expected)
  const channel = await textChannel()
  await channel.send('still here')
  await expect.poll(() => heard.at(-1)).toBe('still here')
})
