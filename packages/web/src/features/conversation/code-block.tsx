import { Check, Copy } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { IconButton } from '../../ui/button.tsx'

const COPIED_MS = 1500

/** Code as written, with a button to copy it. */
export function CodeBlock({ children }: { children?: ReactNode }) {
  const t = useT()
  const code = useRef<HTMLPreElement>(null)
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(code.current?.textContent?.replace(/\n$/, '') ?? '')
    setCopied(true)
    setTimeout(() => setCopied(false), COPIED_MS)
  }
  return (
    <div className="group/code relative">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll sideways */}
      <pre ref={code} tabIndex={0}>
        {children}
      </pre>
      <IconButton
        small
        label={copied ? t('common.copied') : t('code.copy')}
        onClick={() => void copy()}
        className="absolute top-1.5 right-1.5 bg-raised opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100"
      >
        {copied ? <Check size={15} /> : <Copy size={15} />}
      </IconButton>
    </div>
  )
}
