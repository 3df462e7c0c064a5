import type { ReactNode } from 'react'
import { chosenLanguage, setLanguage, useT } from '../../i18n/i18n.ts'

/** The card in which one signs up or in, with the language to choose above all else. */
export function AccountFrame({
  title,
  text,
  children,
}: {
  title: string
  text?: string | undefined
  children: ReactNode
}) {
  const t = useT()
  const language = document.documentElement.lang || chosenLanguage()
  return (
    <main className="flex h-full flex-col items-center justify-center overflow-y-auto bg-side p-4">
      <div className="my-auto w-full max-w-md">
        <div className="mb-6 flex items-center gap-3">
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div className="flex-1 leading-tight">
            <p className="text-lg font-semibold">Convive 同席</p>
            <p className="text-sm text-muted">{t('account.slogan')}</p>
          </div>
          <button
            type="button"
            lang={language === 'zh-CN' ? 'en' : 'zh-CN'}
            onClick={() => void setLanguage(language === 'zh-CN' ? 'en' : 'zh-CN')}
            className="rounded-md px-2 py-1 text-sm text-accent-text hover:bg-hover"
          >
            {language === 'zh-CN' ? 'English' : '中文'}
          </button>
        </div>
        <div className="rounded-2xl border border-line bg-canvas p-6 shadow-sm sm:p-8">
          <h1 className="text-xl font-semibold">{title}</h1>
          {text && <p className="mt-1.5 text-sm text-muted">{text}</p>}
          {children}
        </div>
      </div>
    </main>
  )
}
