// Small pieces of the page. Texts of people and models only ever become text nodes.

const PATHS = {
  rerun: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5v3h3',
  stop: 'M4.5 4.5h7v7h-7z',
  open: 'M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.5 3.5 7.5 8.5',
  judge: 'M8 3v10M5 13h6M3 5.5h10M3 5.5 1.5 9.5h3zM13 5.5l-1.5 4h3z',
  present: 'M2 3h12v8H2zM8 11v2.5M5.5 13.5h5M7 5.2v3.6L10 7z',
  play: 'M5 3.5v9l7.5-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  restart: 'M4 3.5v9M12.5 3.5 6.5 8l6 4.5z',
  previous: 'M10 3.5 5.5 8l4.5 4.5',
  next: 'M6 3.5 10.5 8 6 12.5',
  close: 'M4 4l8 8M12 4l-8 8'
}
const SVG = 'http://www.w3.org/2000/svg'

// An element; `fields` are its properties, `data` and `aria` the attributes of those families.
export function make (tag, fields = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue
    if (name === 'data') Object.assign(made.dataset, value)
    else if (name === 'aria') {
      for (const [key, said] of Object.entries(value)) made.setAttribute(`aria-${key}`, said)
    } else if (name === 'role' || name === 'for') made.setAttribute(name, value)
    else made[name] = value
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ''))
  return made
}

export function icon (name) {
  const drawn = document.createElementNS(SVG, 'svg')
  drawn.setAttribute('viewBox', '0 0 16 16')
  drawn.setAttribute('aria-hidden', 'true')
  drawn.classList.add('wb-icon')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  drawn.append(path)
  return drawn
}

// A button that shows an icon and says `words`.
export function iconButton (name, words, onclick, className = '') {
  return make('button', {
    type: 'button', className: `wb-button ${className}`.trim(), title: words, onclick,
    aria: { label: words }
  }, icon(name))
}

// `{name}` in a message is replaced once; values are never read as messages.
export function said (message, values = {}) {
  return message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole))
}

export function time (milliseconds) {
  if (milliseconds === undefined || milliseconds === null) return '–'
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(1)} s`
}

export function money (usd) {
  if (usd === undefined || usd === null) return '–'
  if (usd === 0) return '$0'
  return usd >= 1 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(6).replace(/0+$/, '')}`
}

export function count (number) {
  return number === undefined || number === null ? '–' : number.toLocaleString('en-US')
}

// Characters that hide or turn text, shown by their code point as everywhere in the workbench.
const HIDDEN = /[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2060\ufeff\u{e0000}-\u{e007f}]/gu

export function visible (text) {
  return text.replace(HIDDEN, (one) =>
    `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}

// Screen columns that a text takes: a Japanese character takes two.
export function widthOf (text) {
  let wide = 0
  for (let i = 0; i < text.length; i += 1) wide += text.charCodeAt(i) > 0x2e7f ? 2 : 1
  return wide
}
