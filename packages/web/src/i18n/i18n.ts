import i18next from 'i18next'
import { initReactI18next, useTranslation } from 'react-i18next'
import { en } from './en.ts'
import { zhCn } from './zh-cn.ts'

export type Language = 'en' | 'zh-CN'

type Plural = '_one' | '_other'
type Stem<Key extends string> = Key extends `${infer Base}${Plural}` ? Base : Key
/** Every string's key; a counted one without its ending. */
export type TextKey = Stem<keyof typeof en>

export type Translate = (key: TextKey, values?: Record<string, string | number>) => string

const KEY = 'convive.language'

/** The language of the page: chosen, else the browser's. */
export function chosenLanguage(): Language {
  try {
    const kept = localStorage.getItem(KEY)
    if (kept === 'en' || kept === 'zh-CN') return kept
  } catch {
    // Storage forbidden: the browser's language holds.
  }
  return navigator.language.startsWith('zh') ? 'zh-CN' : 'en'
}

/** Starts the catalogs. Before the first render. */
export async function startLanguages(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCn } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  })
  document.documentElement.lang = i18next.language
}

/** Changes the language of the page and keeps it in this browser. */
export async function setLanguage(language: Language): Promise<void> {
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // As above.
  }
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}

/** The words, for a component; it renders again when the language changes. */
export function useT(): Translate {
  const { t } = useTranslation()
  return t as unknown as Translate
}

/** The words, outside of a component. */
export const translate: Translate = (key, values) => i18next.t(key, values ?? {}) as string

/** A string in a given language, where both are shown. */
export const translateIn = (
  language: Language,
  key: TextKey,
  values?: Record<string, string | number>,
): string => i18next.getFixedT(language)(key, values ?? {}) as string

export const currentLanguage = (): string => i18next.language

/** Whether there are words for a key that was made from data, such as an error's code. */
export const hasText = (key: string): key is TextKey => i18next.exists(key)
