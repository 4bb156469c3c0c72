// The grid of answers: columns side by side, a row for every input.

import { drawCell } from './cell.js'
import { count, icon, iconButton, make, money, said, time, visible, widthOf } from './parts.js'

const REFERENCE = 'reference'
// Rows that are drawn before the first paint; the others follow while the page is idle.
const FIRST_ROWS = 12
const SLICE_MS = 12
const INPUT_WIDTH = 220

export class Grid {
  constructor (host, view, hooks) {
    this.hooks = hooks
    this.host = host
    this.base = ''
    this.onlyDifferent = false
    this.choices = new Map() // of a cell: variant and whether it is open
    this.drawing = 0
    this.build(view)
  }

  build (view) {
    this.view = view
    this.words = view.words
    this.rows = []
    this.bar = this.drawBar()
    this.head = make('div', { className: 'wb-head', role: 'row' })
    this.details = make('div', { className: 'wb-details', role: 'row' })
    this.drawColumns()
    this.body = make('div', { className: 'wb-rows', role: 'rowgroup' })
    const table = make('div', { className: 'wb-table' },
      make('div', { className: 'wb-top', role: 'rowgroup' }, this.head),
      make('div', { role: 'rowgroup' }, this.details), this.body)
    table.style.setProperty('--wb-n', view.columns.length)
    this.scroller = make('div', {
      className: 'wb-scroll', role: 'grid',
      aria: { label: this.words.grid, rowcount: view.rows.length + 2, colcount: view.columns.length }
    }, table)
    this.scroller.addEventListener('keydown', (event) => this.move(event))
    this.scroller.addEventListener('focusin', (event) => this.focused(event.target.closest('.wb-cell')))
    this.empty = make('p', { className: 'wb-note wb-empty', hidden: true })
    this.host.replaceChildren(this.bar, this.scroller, this.empty)
    this.observer?.disconnect()
    this.observer = new IntersectionObserver((seen) => this.seen(seen), {
      root: this.scroller, rootMargin: '600px 0px'
    })
    view.rows.forEach((row, at) => this.addRow(row, at))
    this.drawRest(0, FIRST_ROWS)
    this.filter()
  }

  // Show another state of the same comparison; what the reader has chosen stays.
  update (view) {
    const shape = (one) => JSON.stringify([one.language, one.blind, one.columns.map((c) => c.key),
      one.rows.map((row) => row.key)])
    if (shape(view) !== shape(this.view)) {
      const top = this.scroller.scrollTop
      this.build(view)
      this.scroller.scrollTop = top
      return
    }
    const before = this.view
    this.view = view
    if (JSON.stringify(view.columns) !== JSON.stringify(before.columns)) this.drawColumns()
    view.rows.forEach((row, at) => {
      if (JSON.stringify(row) === JSON.stringify(before.rows[at])) return
      this.rows[at].row = row
      if (this.rows[at].drawn) this.drawRow(this.rows[at])
    })
    this.filter()
  }

  // -- the bar --

  drawBar () {
    const { words, view } = this
    const choice = make('select', {
      className: 'wb-select', id: 'wb-base', onchange: () => this.compareWith(choice.value)
    }, make('option', { value: '' }, words.base_none))
    if (view.rows.some((row) => row.reference !== undefined)) {
      choice.append(make('option', { value: REFERENCE }, words.base_reference))
    }
    view.columns.forEach((column, at) => {
      // Without the order of the columns a blind row says nothing across rows, but within it does.
      choice.append(make('option', { value: String(at) }, nameOf(column)))
    })
    choice.value = this.base
    if (choice.selectedIndex < 0) choice.value = this.base = ''
    const only = make('input', {
      type: 'checkbox', checked: this.onlyDifferent,
      onchange: () => { this.onlyDifferent = only.checked; this.filter() }
    })
    this.told = make('span', { className: 'wb-told', role: 'status' })
    const bar = make('div', { className: 'wb-bar', role: 'group', aria: { label: words.bar } },
      make('label', { className: 'wb-field' }, make('span', {}, words.base), choice),
      make('label', { className: 'wb-check' }, only, make('span', {}, words.only_different)),
      this.told)
    if (this.hooks.present && view.rows.length) {
      bar.append(make('button', {
        type: 'button', className: 'wb-button wb-wide', onclick: () => this.hooks.present(0)
      }, icon('present'), words.present))
    }
    return bar
  }

  filter () {
    const differing = this.view.rows.filter((row) => row.differs).length
    const shown = this.onlyDifferent ? differing : this.view.rows.length
    this.scroller.classList.toggle('wb-only', this.onlyDifferent)
    this.told.textContent = said(this.words.shown_rows, { shown, all: this.view.rows.length })
    this.scroller.hidden = shown === 0
    this.empty.hidden = shown !== 0
    this.empty.textContent = this.view.rows.length ? this.words.all_same : this.words.no_rows
  }

  compareWith (base) {
    this.base = base
    this.markBase()
    // Only what is near the screen is compared now, the rest when it comes near.
    for (const one of this.rows) {
      one.stale = true
      if (one.near) this.drawRow(one)
    }
  }

  markBase () {
    for (const line of [this.head, this.details]) {
      ;[...line.children].forEach((one, at) => one.classList.toggle('wb-base', String(at) === this.base))
    }
  }

  // -- columns --

  // The names stay at the top; models and totals scroll away with the rows.
  drawColumns () {
    const { words, view } = this
    this.head.replaceChildren(...view.columns.map((column) => {
      const line = make('div', { className: 'wb-column wb-titleline', role: 'columnheader' },
        make('span', { className: 'wb-letter' }, column.letter),
        view.blind ? null : make('span', { className: 'wb-title' }, visible(column.title)))
      if (this.hooks.offers('rerun_column') && !view.blind) {
        line.append(iconButton('rerun', words.rerun_column,
          () => this.hooks.act({ type: 'rerun_column', column: column.key })))
      }
      return line
    }))
    this.details.replaceChildren(...view.columns.map((column) => make('div', {
      className: 'wb-column', role: 'gridcell'
    }, view.blind ? null : this.drawModel(column),
    column.totals ? make('div', { className: 'wb-figures' }, this.totalsLine(column.totals)) : null)))
    this.details.hidden = Boolean(view.blind)
    this.markBase()
  }

  drawModel (column) {
    const { words } = this
    const badges = make('div', { className: 'wb-chips' },
      make('span', { className: 'wb-chip' }, visible(`${column.surface} · ${column.model}`)))
    if (column.simulated) badges.append(make('span', { className: 'wb-chip' }, words.simulated))
    const answered = column.totals?.answered ?? 0
    for (const [model, times] of column.served ?? []) {
      const all = times >= answered
      badges.append(make('span', { className: 'wb-chip wb-warn' },
        said(all ? words.served_by : words.served_some, { model: visible(model), n: times })))
    }
    return badges
  }

  totalsLine (totals) {
    const { words } = this
    const pieces = [said(words.answers, { done: totals.answered, all: totals.expected })]
    for (const [name, times] of totals.outcomes ?? []) pieces.push(`${name} ${times}`)
    if (totals.p50_ms !== undefined) pieces.push(said(words.median, { time: time(totals.p50_ms) }))
    if (totals.p50_first_ms !== undefined) {
      pieces.push(said(words.median_first, { time: time(totals.p50_first_ms) }))
    }
    if (totals.output !== undefined) {
      pieces.push(said(words.tokens, { input: count(totals.input), output: count(totals.output) }))
    }
    if (totals.cost !== undefined) {
      pieces.push(said(totals.at_most ? words.cost_at_most : words.cost, { cost: money(totals.cost) }))
    }
    return pieces.join(' · ')
  }

  // -- rows --

  addRow (row, at) {
    const place = make('div', {
      className: 'wb-row', role: 'row', data: { row: row.key }, aria: { rowindex: at + 3 }
    })
    const one = { row, at, place, drawn: false, near: false, stale: true }
    place.wbRow = one
    this.rows.push(one)
    this.body.append(place)
    this.observer.observe(place)
  }

  drawRest (from, until) {
    clearTimeout(this.drawing)
    const started = performance.now()
    let at = from
    while (at < this.rows.length && (at < until || performance.now() - started < SLICE_MS)) {
      if (!this.rows[at].drawn) this.drawRow(this.rows[at])
      at += 1
    }
    if (at < this.rows.length) this.drawing = setTimeout(() => this.drawRest(at, 0))
  }

  seen (entries) {
    for (const entry of entries) {
      const one = entry.target.wbRow
      one.near = entry.isIntersecting
      if (one.near && (one.stale || !one.drawn)) this.drawRow(one)
    }
  }

  drawRow (one) {
    const { row } = one
    one.place.toggleAttribute('data-same', !row.differs)
    if (!one.cells) {
      one.header = make('div', { className: 'wb-rowhead', role: 'rowheader' })
      one.cells = this.view.columns.map((column, at) => make('div', {
        className: 'wb-cell', role: 'gridcell', tabIndex: one.at === 0 && at === 0 ? 0 : -1,
        data: { place: `${column.letter}${one.at + 1}` }, aria: { colindex: at + 1 }
      }))
      one.place.replaceChildren(one.header, ...one.cells)
    }
    this.drawHeader(one)
    one.cells.forEach((place, at) => this.drawCellOf(one, at, place))
    one.drawn = true
    one.stale = false
  }

  drawHeader (one) {
    const { words } = this
    const { row } = one
    const line = make('div', { className: 'wb-titleline' },
      make('span', { className: 'wb-number' }, String(one.at + 1)),
      make('span', { className: 'wb-title' }, visible(row.title)))
    if (!row.differs && row.cells.every((cell) => cell.state === 'done')) {
      line.append(make('span', { className: 'wb-chip wb-same' }, words.identical_all))
    }
    line.append(...this.verdictsOf(row))
    const actions = make('span', { className: 'wb-buttons' })
    for (const [type, name] of [['verdict', 'judge'], ['rerun_row', 'rerun']]) {
      if (!this.hooks.offers(type)) continue
      actions.append(iconButton(name, words[type], () => this.hooks.act({ type, row: row.key })))
    }
    if (this.hooks.present) {
      actions.append(iconButton('present', words.present, () => this.hooks.present(one.at)))
    }
    line.append(actions)
    one.header.replaceChildren(make('div', { className: 'wb-rowline' }, line, ...this.inputs(row)))
  }

  // Equal verdicts are one mark; who gave them, and why, is its title.
  verdictsOf (row) {
    const given = new Map()
    for (const verdict of row.verdicts ?? []) {
      const why = [verdict.by, ...(verdict.reasons ?? []), verdict.memo].filter(Boolean).join(' · ')
      given.set(verdict.words, [...(given.get(verdict.words) ?? []), why])
    }
    return [...given].map(([told, whys]) => make('span', {
      className: 'wb-chip wb-verdict', title: visible(whys.join('\n'))
    }, whys.length > 1 ? `${told} ${said(this.words.times, { n: whys.length })}` : told))
  }

  inputs (row) {
    const { words } = this
    const texts = row.message !== undefined ? [['', row.message]] : row.values ?? []
    const lines = texts
      // A title is often the beginning of the input.
      .filter(([, text]) => text.trim() && text.trim() !== row.title.trim())
      .map(([name, text]) => labelled(name, text))
    if (row.reference !== undefined) lines.push(labelled(words.reference, row.reference, 'wb-reference'))
    return lines
  }

  drawCellOf (one, at, place) {
    const key = `${one.row.key}/${this.view.columns[at].key}`
    const chosen = this.choices.get(key) ?? { variant: 0, open: false }
    const cell = one.row.cells[at]
    const variant = Math.min(chosen.variant, Math.max((cell.variants?.length ?? 1) - 1, 0))
    const redraw = (change) => {
      this.choices.set(key, { ...chosen, ...change })
      // The buttons are drawn anew; the one that was pressed keeps the focus.
      const sameAs = (button) => button.title || button.className
      const pressed = activeIn(place)
      const focus = place.contains(pressed) && pressed !== place ? sameAs(pressed) : ''
      this.drawCellOf(one, at, place)
      this.focused(place)
      if (focus) [...place.querySelectorAll('button')].find((b) => sameAs(b) === focus)?.focus()
    }
    drawCell(place, {
      words: this.words,
      columns: this.view.columns,
      hooks: this.hooks,
      state: {
        cell,
        variant,
        open: chosen.open,
        row: one.row.key,
        column: this.view.columns[at].key,
        shownText: cell.variants?.[variant]?.text,
        base: this.baseOf(one.row),
        self: this.base === String(at),
        others: this.othersOf(one.row, at),
        toggle: () => redraw({ open: !chosen.open }),
        choose: (number) => redraw({ variant: number })
      }
    })
  }

  // The text to compare a row's cells with; its `text` is undefined where there is none.
  baseOf (row) {
    if (this.base === '') return null
    if (this.base === REFERENCE) return { name: this.words.base_reference, text: row.reference }
    const at = Number(this.base)
    return { name: this.view.columns[at].letter, text: row.cells[at].variants?.[0]?.text }
  }

  // Facts to hold those of a cell against: the base's, or those of all other columns.
  othersOf (row, at) {
    if (this.base === REFERENCE || this.base === String(at)) return []
    const held = this.base === ''
      ? row.cells.filter((_, other) => other !== at)
      : [row.cells[Number(this.base)]]
    return held.map((cell) => cell.variants?.[0]?.facts).filter(Boolean)
  }

  // -- the keyboard --

  // One cell is a tab stop, and so are the buttons in it; arrows go from cell to cell.
  focused (cell) {
    if (!cell) return
    for (const other of this.stops ?? []) other.tabIndex = -1
    this.stops = [cell, ...cell.querySelectorAll('button')]
    for (const one of this.stops) one.tabIndex = 0
  }

  move (event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }
    const step = steps[event.key]
    const cell = event.target.classList?.contains('wb-cell') ? event.target : null
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Enter') cell.querySelector('.wb-more')?.click()
    if (!step) return
    event.preventDefault()
    const shown = this.rows.filter((one) => !(this.onlyDifferent && !one.row.differs))
    const from = shown.findIndex((one) => one.place === cell.parentElement)
    const column = [...shown[from].cells].indexOf(cell) + step[1]
    const row = shown[from + step[0]]
    if (row && !row.drawn) this.drawRow(row)
    row?.cells[column]?.focus()
  }
}

export function nameOf (column) {
  return column.title && column.title !== column.letter
    ? `${column.letter} · ${visible(column.title)}`
    : column.letter
}

function activeIn (place) {
  return place.getRootNode().activeElement
}

function labelled (name, text, kind = '') {
  const label = name ? make('span', { className: 'wb-label' }, visible(name)) : null
  const body = make('span', {}, visible(text))
  const long = widthOf(text) > INPUT_WIDTH || text.split('\n').length > 3
  if (!long) return make('div', { className: `wb-input ${kind}` }, label, body)
  const first = visible(text.slice(0, 160).split('\n').slice(0, 2).join(' '))
  return make('details', { className: `wb-input ${kind}` },
    make('summary', {}, label, make('span', { className: 'wb-start' }, `${first}…`)), body)
}
