import { create } from 'zustand'

export type Theme = 'system' | 'light' | 'dark'

interface Preferences {
  theme: Theme
  membersShown: boolean
  /** Ids of folded categories. */
  folded: readonly string[]
  /** Unsent text by channel. */
  unsent: Readonly<Record<string, string>>
  /** Channels where the note about the bundled model was put away. */
  bundledNoteClosed: boolean
}

const KEY = 'convive.preferences'
/** Unsent texts of this many channels are kept; the oldest go first. */
const UNSENT_MAX = 50

const defaults: Preferences = {
  theme: 'system',
  membersShown: true,
  folded: [],
  unsent: {},
  bundledNoteClosed: false,
}

function load(): Preferences {
  try {
    return {
      ...defaults,
      ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>),
      theme: storedTheme(),
    }
  } catch {
    return defaults
  }
}

function storedTheme(): Theme {
  const theme = localStorage.getItem('convive.theme')
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

const useAll = create<Preferences>(() => load())

/** One of this browser's own settings. */
export function usePreference<K extends keyof Preferences>(key: K): Preferences[K] {
  return useAll((all) => all[key])
}

export const getPreference = <K extends keyof Preferences>(key: K): Preferences[K] => useAll.getState()[key]

/** Changes a setting and keeps it in this browser. */
export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  useAll.setState({ [key]: value } as Pick<Preferences, K>)
  try {
    localStorage.setItem(KEY, JSON.stringify(useAll.getState()))
    // Read by theme.js before anything else runs.
    if (key === 'theme') localStorage.setItem('convive.theme', String(value))
  } catch {
    // Storage forbidden: it holds until the page is left.
  }
  if (key === 'theme') paintTheme()
}

/** Keeps or forgets a channel's unsent text. */
export function keepUnsent(channelId: string, text: string): void {
  const { [channelId]: _, ...rest } = getPreference('unsent')
  const entries = Object.entries(rest).slice(-(UNSENT_MAX - 1))
  setPreference('unsent', Object.fromEntries(text ? [...entries, [channelId, text]] : entries))
}

/** Puts the theme on the page, and follows the system while the person lets it. */
export function paintTheme(): void {
  const theme = getPreference('theme')
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintTheme)
