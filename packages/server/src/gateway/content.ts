/**
 * A message as a bot without MESSAGE_CONTENT sees it; the message that it answers is blanked too.
 * https://discord.com/developers/docs/events/gateway#message-content-intent
 */
export function withoutContent(message: object): object {
  const blank: Record<string, unknown> = { ...message }
  if ('content' in blank) blank.content = ''
  for (const field of ['embeds', 'attachments', 'components']) if (field in blank) blank[field] = []
  delete blank.poll
  delete blank.message_snapshots
  if (isObject(blank.referenced_message)) blank.referenced_message = withoutContent(blank.referenced_message)
  return blank
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
