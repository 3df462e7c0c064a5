import { memo, useEffect, useState } from 'react'
import ReactMarkdown, { type Components, type Options } from 'react-markdown'
import remarkBreaks from 'remark-breaks'
import remarkGfm from 'remark-gfm'
import { CodeBlock } from './code-block.tsx'
import { Mention } from './mention.tsx'
import { remarkDiscord } from './remark-discord.ts'
import { safeUrl } from './safe-url.ts'
import { Spoiler } from './spoiler.tsx'

type Plugins = NonNullable<Options['rehypePlugins']>

const remarkPlugins: NonNullable<Options['remarkPlugins']> = [remarkGfm, remarkBreaks, remarkDiscord]

// Colouring code is heavy, and most conversations hold none: it comes with the first code.
let highlight: Plugins | null = null
const loadHighlight = async (): Promise<Plugins> => {
  highlight ??= [[(await import('rehype-highlight')).default, { detect: false, ignoreMissing: true }]]
  return highlight
}

function useHighlight(text: string): Plugins {
  const [plugins, setPlugins] = useState(highlight)
  const needed = plugins === null && text.includes('```')
  useEffect(() => {
    if (needed) void loadHighlight().then(setPlugins)
  }, [needed])
  return plugins ?? []
}

const heading = (size: string) =>
  function Heading({ children }: { children?: React.ReactNode }) {
    return <p className={`font-semibold ${size}`}>{children}</p>
  }

const components: Components = {
  h1: heading('text-xl'),
  h2: heading('text-lg'),
  h3: heading('text-base'),
  h4: heading('text-base'),
  h5: heading('text-base'),
  h6: heading('text-base'),
  a: ({ href, children }) => {
    const url = safeUrl(href)
    if (!url) return <span>{children}</span>
    return (
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    )
  },
  // Pictures from elsewhere would tell who reads what: a link instead.
  img: ({ src, alt }) => {
    const url = safeUrl(typeof src === 'string' ? src : null)
    if (!url) return <span>{alt}</span>
    return (
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        {alt || url}
      </a>
    )
  },
  pre: CodeBlock,
  input: ({ checked }) => <span aria-hidden>{checked ? '☑ ' : '☐ '}</span>,
  span: ({ node, children, ...rest }) => {
    const properties = node?.properties ?? {}
    if (typeof properties.dataMention === 'string')
      return <Mention kind={properties.dataMention} id={String(properties.dataId)} />
    if (properties.dataSpoiler !== undefined) return <Spoiler>{children}</Spoiler>
    return <span className={rest.className}>{children}</span>
  },
}

// Most messages have nothing to parse.
const PLAIN = /^[^*_~`|<>[\]()#\\@:+\n\-=&!.]*$/

/** A message's text: Discord's markdown, safely. No raw HTML, links only to the web and mail. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const rehypePlugins = useHighlight(text)
  if (PLAIN.test(text)) {
    return (
      <div className="prose-message">
        <p>{text}</p>
      </div>
    )
  }
  return (
    <div className="prose-message">
      <ReactMarkdown
        remarkPlugins={remarkPlugins}
        rehypePlugins={rehypePlugins}
        components={components}
        urlTransform={(url) => safeUrl(url) ?? ''}
      >
        {text}
      </ReactMarkdown>
    </div>
  )
})
