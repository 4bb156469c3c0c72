// One cell of the grid: its answer, what differs, its facts and figures.

import { difference } from './difference.js'
import { count, iconButton, make, money, said, time, visible, widthOf } from './parts.js'

// A text that takes more is folded.
const FOLD_LINES = 12
const LINE_WIDTH = 42
const MOST_FACTS = 6
const LEAST_IN_COMMON = 0.1
const KINDS = ['numbers', 'dates', 'names']

// What a cell is drawn from: `cell`, its `variant`, whether it is `open`; `others` are the facts
// to hold it against, `base` ({ text, name }) the text, `self` says that it is the base itself.
export function drawCell (place, { words, columns, hooks, state }) {
  const { cell, variant, base } = state
  const shown = cell.variants?.[variant]
  const parts = []
  const held = base && !state.self && base.text !== undefined && shown?.text
  const spans = held ? difference(visible(base.text), visible(shown.text)) : null
  // When there is hardly anything in common, marks on everything would only hide the text.
  state.unlike = Boolean(spans) && commonShare(spans) < LEAST_IN_COMMON
  state.spans = state.unlike ? null : spans
  if (!shown) parts.push(note(words[cell.state === 'running' ? 'running' : 'waiting']))
  else {
    if (shown.problem) parts.push(make('div', { className: 'wb-problem' }, visible(shown.problem)))
    if (shown.text !== undefined) parts.push(...answer(shown.text, words, state))
  }
  parts.push(make('div', { className: 'wb-foot' },
    switcher(words, state), sameness(words, columns, state),
    shown?.facts ? facts(shown.facts, words, state) : null,
    shown ? figures(shown, words) : null, buttons(shown, words, hooks, state)))
  place.replaceChildren(...parts)
  place.dataset.state = cell.state
  place.classList.toggle('wb-base', Boolean(base && state.self))
}

function commonShare (spans) {
  const sizes = { '=': 0, '-': 0, '+': 0 }
  for (const [kind, text] of spans) sizes[kind] += text.length
  return sizes['='] / Math.max(sizes['='] + Math.max(sizes['-'], sizes['+']), 1)
}

function note (text) {
  return make('div', { className: 'wb-note' }, text)
}

function answer (text, words, state) {
  const body = make('div', { className: 'wb-text', lang: languageTag(state) })
  if (!text) body.append(note(words.empty))
  else if (state.spans) {
    for (const [kind, piece] of state.spans) {
      const tag = kind === '+' ? 'ins' : kind === '-' ? 'del' : 'span'
      body.append(make(tag, {
        title: kind === '+' ? words.added : kind === '-' ? said(words.removed, { base: state.base.name }) : ''
      }, piece))
    }
  } else body.append(visible(text))
  if (linesOf(text) <= FOLD_LINES) return [body]
  body.classList.toggle('wb-folded', !state.open)
  const more = make('button', {
    type: 'button', className: 'wb-more', tabIndex: -1, aria: { expanded: String(state.open) },
    onclick: () => state.toggle()
  }, state.open ? words.show_less : words.show_all)
  return [body, more]
}

function languageTag (state) {
  const found = state.cell.variants?.[state.variant]?.facts?.language
  return found === 'ja' || found === 'en' ? found : ''
}

function linesOf (text) {
  let lines = 0
  for (const line of text.split('\n')) lines += Math.max(1, Math.ceil(widthOf(line) / LINE_WIDTH))
  return lines
}

function switcher (words, state) {
  const { cell, variant } = state
  const all = cell.variants?.length ?? 0
  if (all < 2 && (cell.answers ?? 0) < 2) return null
  const failed = all - (cell.distinct ?? 0)
  const told = [
    cell.answers ? said(words.distinct, { distinct: cell.distinct ?? 0, answers: cell.answers }) : '',
    failed ? said(words.failed_too, { n: failed }) : ''
  ].filter(Boolean).join(' · ')
  const line = make('div', { className: 'wb-variants' }, make('span', {}, told))
  const times = cell.variants[variant]?.times
  if (times) line.append(make('span', { className: 'wb-chip' }, said(words.times, { n: times })))
  if (all > 1) {
    line.append(
      iconButton('previous', words.variant_previous, () => state.choose((variant + all - 1) % all), 'wb-small'),
      make('span', { title: said(words.variant, { n: variant + 1, all }) }, `${variant + 1}/${all}`),
      iconButton('next', words.variant_next, () => state.choose((variant + 1) % all), 'wb-small'))
  }
  return line
}

function sameness (words, columns, state) {
  const { cell, base, self } = state
  const chips = []
  if (base && !self && state.shownText !== undefined) {
    if (base.text === undefined) chips.push([words.no_base, ''])
    else if (state.unlike) chips.push([said(words.unlike, { base: base.name }), ''])
    else if (base.text.trimEnd() === state.shownText.trimEnd()) {
      chips.push([said(words.same_as_base, { base: base.name }), 'wb-same'])
    }
  }
  const same = cell.same_as ?? []
  // When all columns agree the row says so once.
  if (!base && same.length && same.length < columns.length - 1) {
    const names = same.map((at) => columns[at].letter).join(', ')
    chips.push([said(words.identical_to, { columns: names }), 'wb-same'])
  }
  if (!chips.length) return null
  return make('div', { className: 'wb-chips' },
    ...chips.map(([text, kind]) => make('span', { className: `wb-chip ${kind}` }, text)))
}

function facts (own, words, { others }) {
  const chips = [said(words.characters, { n: count(own.length) })]
  for (const [name, value] of [
    ['language', own.language && words[own.language]],
    ['style', own.style && words[own.style]],
    ['json', own.json && words[`json_${own.json}`]]
  ]) {
    if (!value) continue
    const unlike = others.length && others.every((other) => other[name] !== own[name])
    chips.push(make('span', { className: unlike ? 'wb-unlike' : '' }, value))
  }
  const { has, lacks } = compared(own, others)
  return make('div', { className: 'wb-facts', role: 'group', aria: { label: words.facts } },
    make('div', { className: 'wb-line' }, ...separated(chips)),
    factLine(has, words.has, 'wb-has'), factLine(lacks, words.lacks, 'wb-lacks'))
}

function separated (pieces) {
  return pieces.flatMap((piece, at) => (at ? [' · ', piece] : [piece]))
}

function factLine (found, message, kind) {
  if (!found.length) return null
  const cut = found.slice(0, MOST_FACTS).map(([shown]) => visible(shown)).join(', ')
  const rest = found.length > MOST_FACTS ? ` … +${found.length - MOST_FACTS}` : ''
  return make('div', {
    className: kind, title: found.map(([shown]) => visible(shown)).join(', ')
  }, said(message, { facts: cut + rest }))
}

// What only this answer says, and what the others all say and this one does not.
export function compared (own, others) {
  const has = []
  const lacks = []
  if (!others.length) return { has, lacks }
  for (const kind of KINDS) {
    const mine = new Map(pairs(own[kind]))
    const theirs = others.map((other) => new Map(pairs(other[kind])))
    for (const [key, shown] of mine) {
      if (!theirs.some((their) => their.has(key))) has.push([shown])
    }
    for (const [key, shown] of theirs[0]) {
      if (!mine.has(key) && theirs.every((their) => their.has(key))) lacks.push([shown])
    }
  }
  return { has, lacks }
}

function pairs (found = []) {
  return found.map((one) => (Array.isArray(one) ? [one[1], one[0]] : [one, one]))
}

function figures (shown, words) {
  const pieces = []
  if (shown.first_ms !== undefined) pieces.push(said(words.first_token, { time: time(shown.first_ms) }))
  if (shown.total_ms !== undefined) pieces.push(said(words.total, { time: time(shown.total_ms) }))
  if (shown.output !== undefined) pieces.push(said(words.tokens_out, { n: count(shown.output) }))
  if (shown.thinking) pieces.push(said(words.thinking, { n: count(shown.thinking) }))
  if (shown.cost !== undefined) {
    pieces.push(shown.at_most ? said(words.at_most, { cost: money(shown.cost) }) : money(shown.cost))
  }
  if (shown.finish && shown.finish !== 'STOP') pieces.push(said(words.finish, { reason: visible(shown.finish) }))
  if (shown.served) pieces.push(said(words.served_by, { model: visible(shown.served) }))
  return pieces.length ? make('div', { className: 'wb-figures' }, pieces.join(' · ')) : null
}

function buttons (shown, words, hooks, state) {
  const offered = [
    ['rerun_cell', 'rerun', state.cell.state !== 'running'],
    ['stop_cell', 'stop', state.cell.state === 'running'],
    ['open_run', 'open', Boolean(shown?.run_id)]
  ].filter(([type, , fits]) => fits && hooks.offers(type))
  if (!offered.length) return null
  return make('div', { className: 'wb-buttons' }, ...offered.map(([type, name]) => {
    const button = iconButton(name, words[type], () => hooks.act({
      type, row: state.row, column: state.column, run: shown?.run_id
    }))
    button.tabIndex = -1
    return button
  }))
}
