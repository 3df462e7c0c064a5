// Discord's own marks in markdown text: `<@1>`, `<@!1>`, `<@&1>`, `<#1>`, `@everyone`, `@here` and `||spoilers||`.

interface MarkNode {
  type: string
  value?: string
  children?: MarkNode[]
  data?: { hName: string; hProperties: Record<string, string> }
}

const MENTION = /<(@!?|@&|#)(\d{15,20})>|@(everyone|here)\b/g

const kinds: Record<string, string> = { '@': 'user', '@!': 'user', '@&': 'role', '#': 'channel' }

/** A remark plugin: turns the marks into spans that the page draws. Code is left alone, since it has no text nodes inside. */
export function remarkDiscord() {
  return (tree: unknown): void => walk(tree as MarkNode)
}

function walk(node: MarkNode): void {
  if (!node.children) return
  for (const child of node.children) walk(child)
  node.children = spoilers(node.children.flatMap(splitMentions))
}

function span(properties: Record<string, string>, children: MarkNode[]): MarkNode {
  return { type: 'emphasis', data: { hName: 'span', hProperties: properties }, children }
}

function splitMentions(node: MarkNode): MarkNode[] {
  if (node.type !== 'text' || !node.value) return [node]
  const parts: MarkNode[] = []
  let from = 0
  for (const match of node.value.matchAll(MENTION)) {
    if (match.index > from) parts.push({ type: 'text', value: node.value.slice(from, match.index) })
    const [all, mark, id, everyone] = match
    parts.push(
      span({ dataMention: mark ? (kinds[mark] ?? 'user') : 'everyone', dataId: id ?? everyone ?? '' }, [
        { type: 'text', value: all },
      ]),
    )
    from = match.index + all.length
  }
  if (from === 0) return [node]
  if (from < node.value.length) parts.push({ type: 'text', value: node.value.slice(from) })
  return parts
}

// Bars pair up among the siblings of one parent, so that what is between may be bold or a link.
function spoilers(nodes: MarkNode[]): MarkNode[] {
  const pieces = nodes.flatMap((node): (MarkNode | '||')[] => {
    if (node.type !== 'text' || !node.value?.includes('||')) return [node]
    return node.value.split('||').flatMap((value, index): (MarkNode | '||')[] => {
      const text: MarkNode[] = value ? [{ type: 'text', value }] : []
      return index === 0 ? text : ['||', ...text]
    })
  })
  const bars = pieces.filter((piece) => piece === '||').length
  if (bars < 2) return nodes
  const result: MarkNode[] = []
  let inside: MarkNode[] | null = null
  let left = bars - (bars % 2)
  for (const piece of pieces) {
    if (piece !== '||') (inside ?? result).push(piece)
    else if (left === 0) result.push({ type: 'text', value: '||' })
    else {
      left--
      if (inside) {
        result.push(span({ dataSpoiler: '' }, inside))
        inside = null
      } else inside = []
    }
  }
  return result
}
