import type { APIEmbed } from 'discord-api-types/v10'
import { Markdown } from './markdown.tsx'
import { safeUrl } from './safe-url.ts'

/** Cards that bots and links bring along. Pictures from elsewhere are left out: nobody is tracked by reading. */
export function Embeds({ embeds }: { embeds: APIEmbed[] }) {
  return embeds.map((embed, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: embeds have no ids and keep their order
    <Card key={index} embed={embed} />
  ))
}

function Card({ embed }: { embed: APIEmbed }) {
  const url = safeUrl(embed.url)
  const colour = embed.color ? `#${embed.color.toString(16).padStart(6, '0')}` : 'var(--line)'
  return (
    <div
      className="mt-1.5 max-w-lg rounded-lg border border-line bg-side py-3 pr-4 pl-4"
      style={{ borderInlineStart: `4px solid ${colour}` }}
    >
      {embed.provider?.name && <p className="text-[13px] text-muted">{embed.provider.name}</p>}
      {embed.author?.name && <p className="text-sm font-medium">{embed.author.name}</p>}
      {embed.title &&
        (url ? (
          <a
            href={url}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="font-semibold text-accent-text underline-offset-2 hover:underline"
          >
            {embed.title}
          </a>
        ) : (
          <p className="font-semibold">{embed.title}</p>
        ))}
      {embed.description && (
        <div className="mt-1 text-sm">
          <Markdown text={embed.description} />
        </div>
      )}
      {embed.fields && embed.fields.length > 0 && (
        <dl className="mt-2 grid grid-cols-1 gap-2 text-sm sm:grid-cols-3">
          {embed.fields.map((field) => (
            <div key={field.name + field.value} className={field.inline ? '' : 'sm:col-span-3'}>
              <dt className="font-medium">{field.name}</dt>
              <dd>
                <Markdown text={field.value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {embed.footer?.text && <p className="mt-2 text-[12px] text-muted">{embed.footer.text}</p>}
    </div>
  )
}
