// Before the first paint, so that a dark page never flashes white. The page's own code keeps it current.
;(() => {
  let theme = 'system'
  let language = null
  try {
    theme = localStorage.getItem('convive.theme') || 'system'
    language = localStorage.getItem('convive.language')
  } catch {
    // Storage can be forbidden; the system's choice then holds.
  }
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  document.documentElement.lang = language || (navigator.language.startsWith('zh') ? 'zh-CN' : 'en')
})()
