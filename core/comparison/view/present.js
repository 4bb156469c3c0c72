// Replays the answers to one input as they came, in large type: a demonstration without a network.

import { icon, iconButton, make, said, time, visible } from './parts.js'

const SPEEDS = [1, 2, 4, Infinity]
// For a run whose chunks were not recorded.
const ASSUMED_PER_SECOND = 60

export class Presenter {
  constructor (host, view, onScene) {
    this.host = host
    this.view = view
    this.onScene = onScene
    this.speed = 1
    this.frame = 0
  }

  update (view) {
    this.view = view
  }

  get opened () {
    return Boolean(this.dialog?.open)
  }

  open (at) {
    if (!this.view.rows.length) return
    if (!this.dialog) this.build()
    if (!this.dialog.open) this.dialog.showModal()
    this.go(Math.min(Math.max(Math.trunc(at) || 0, 0), this.view.rows.length - 1))
    this.dialog.focus()
  }

  close () {
    this.dialog?.close()
  }

  build () {
    const { words } = this.view
    this.place = make('span', { className: 'wb-place', role: 'status' })
    this.name = make('h2', { className: 'wb-scene' })
    this.input = make('div', { className: 'wb-question' })
    this.stage = make('div', { className: 'wb-stage' })
    this.pace = make('p', { className: 'wb-note' })
    this.bar = make('progress', { max: 1, value: 0, aria: { label: words.presenter } })
    this.playing = make('button', { type: 'button', className: 'wb-button', onclick: () => this.toggle() })
    this.speeds = make('div', { className: 'wb-speeds', role: 'group', aria: { label: words.speed } },
      ...SPEEDS.map((speed, at) => make('button', {
        type: 'button',
        className: 'wb-button wb-wide',
        title: at === 0 ? words.speed_real : '',
        onclick: () => this.setSpeed(speed)
      }, speed === Infinity ? words.speed_instant : said(words.times_speed, { n: speed }))))
    this.dialog = make('dialog', { className: 'wb-presenter', aria: { label: words.presenter }, tabIndex: -1 },
      make('header', {}, make('div', { className: 'wb-heading' }, this.place, this.name),
        make('div', { className: 'wb-controls' },
          iconButton('restart', words.restart, () => this.restart()),
          iconButton('previous', words.previous, () => this.go(this.scene - 1)),
          this.playing,
          iconButton('next', words.next, () => this.go(this.scene + 1)),
          this.speeds,
          iconButton('close', words.close, () => this.close()))),
      this.input, this.stage,
      make('footer', {}, this.bar, this.pace, make('p', { className: 'wb-note wb-keys' }, words.keys)))
    this.dialog.addEventListener('keydown', (event) => this.key(event))
    this.dialog.addEventListener('close', () => {
      cancelAnimationFrame(this.frame)
      this.onScene(0)
    })
    this.host.replaceChildren(this.dialog)
    this.setSpeed(this.speed)
  }

  // -- scenes --

  go (scene) {
    const { rows, words } = this.view
    if (scene < 0 || scene >= rows.length) return
    this.scene = scene
    const row = rows[scene]
    this.place.textContent = said(words.scene, { n: scene + 1, all: rows.length })
    this.name.textContent = visible(row.title)
    this.input.replaceChildren(...this.question(row))
    this.columns = this.view.columns.map((column, at) => this.drawColumn(column, row.cells[at]))
    this.stage.style.setProperty('--wb-n', this.columns.length)
    this.stage.replaceChildren(...this.columns.map((one) => one.place))
    this.end = Math.max(...this.columns.map((one) => one.end), 1)
    this.pace.textContent = this.columns.some((one) => one.assumed)
      ? said(words.assumed, { n: ASSUMED_PER_SECOND })
      : ''
    this.onScene(scene + 1)
    this.restart()
  }

  question (row) {
    const texts = row.message !== undefined ? [['', row.message]] : row.values ?? []
    return texts
      .filter(([, text]) => text.trim() && text.trim() !== row.title.trim())
      .map(([name, text]) => make('p', {},
        name ? make('span', { className: 'wb-label' }, visible(name)) : null, visible(text)))
  }

  drawColumn (column, cell) {
    const { words } = this.view
    const shown = cell.variants?.[0] ?? {}
    const text = shown.text ?? ''
    const clock = make('span', { className: 'wb-clock' })
    const body = document.createTextNode('')
    const written = make('div', { className: 'wb-spoken', tabIndex: 0 }, body)
    if (shown.problem) written.append(make('p', { className: 'wb-problem' }, visible(shown.problem)))
    else if (!cell.variants?.length) written.append(make('p', { className: 'wb-note' }, words.waiting))
    const place = make('section', { className: 'wb-voice' },
      make('div', { className: 'wb-titleline' },
        make('span', { className: 'wb-letter' }, column.letter),
        make('span', { className: 'wb-title' }, visible(column.title)), clock),
      make('div', { className: 'wb-figures' },
        [column.surface, column.model, column.simulated ? words.simulated : '']
          .filter(Boolean).map(visible).join(' · ')),
      written)
    return { place, body, written, clock, text, at: -1, ...stepsOf(text, shown) }
  }

  // -- time --

  restart () {
    this.now = 0
    for (const one of this.columns) one.at = -1
    this.play(true)
  }

  toggle () {
    if (this.now >= this.end) this.restart()
    else this.play(!this.running)
  }

  play (running) {
    const { words } = this.view
    this.running = running
    const label = running ? words.pause : words.play
    this.playing.replaceChildren(icon(running ? 'pause' : 'play'))
    this.playing.title = label
    this.playing.setAttribute('aria-label', label)
    cancelAnimationFrame(this.frame)
    if (!running) {
      this.dialog.dataset.state = this.now >= this.end ? 'done' : 'paused'
      return
    }
    this.dialog.dataset.state = 'playing'
    let before = performance.now()
    const tick = (at) => {
      const passed = Math.max(at - before, 0)
      this.now = Math.min(this.speed === Infinity ? this.end : this.now + passed * this.speed, this.end)
      before = at
      this.draw()
      if (this.now >= this.end) this.play(false)
      else this.frame = requestAnimationFrame(tick)
    }
    this.frame = requestAnimationFrame(tick)
  }

  setSpeed (speed) {
    this.speed = speed
    ;[...this.speeds.children].forEach((button, at) => {
      button.setAttribute('aria-pressed', String(SPEEDS[at] === speed))
    })
  }

  draw () {
    const { words } = this.view
    this.bar.value = this.now / this.end
    for (const one of this.columns) {
      const at = this.now >= one.end ? one.steps.length : stepAt(one.steps, this.now)
      one.clock.textContent = one.end === 0 ? ''
        : this.now >= one.end ? said(words.finished_in, { time: time(one.end) }) : time(this.now)
      if (at === one.at) continue
      const follow = one.written.scrollTop + one.written.clientHeight > one.written.scrollHeight - 40
      one.at = at
      one.body.data = visible(at === one.steps.length ? one.text
        : at === 0 ? '' : one.text.slice(0, one.steps[at - 1][1]))
      one.place.classList.toggle('wb-speaking', at > 0 && at < one.steps.length)
      if (follow) one.written.scrollTop = one.written.scrollHeight
    }
  }

  // -- the keyboard --

  key (event) {
    // What is pressed here is not for the page behind.
    event.stopPropagation()
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const onButton = event.target.tagName === 'BUTTON'
    const speed = '1234'.indexOf(event.key)
    if (event.key === ' ' && !onButton) this.toggle()
    else if (event.key === 'r' || event.key === 'R') this.restart()
    else if (event.key === 'ArrowRight' || event.key === 'PageDown') this.go(this.scene + 1)
    else if (event.key === 'ArrowLeft' || event.key === 'PageUp') this.go(this.scene - 1)
    else if (event.key === 'Home') this.go(0)
    else if (event.key === 'End') this.go(this.view.rows.length - 1)
    else if (event.key.length === 1 && speed >= 0) this.setSpeed(SPEEDS[speed])
    else return
    event.preventDefault()
  }
}

// Pairs (milliseconds, place in the text) in order, and when the last one is. Recorded chunks
// count characters as Python does: a pair of surrogates is one.
function stepsOf (text, shown) {
  const chunks = shown.chunks ?? []
  if (!text) return { steps: [], end: shown.total_ms ?? 0, assumed: false }
  const assumed = chunks.length === 0
  const pace = assumed ? assumedChunks(text, shown) : chunks
  const steps = []
  let place = 0
  for (let i = 0; i < pace.length; i += 2) {
    place = after(text, place, pace[i + 1])
    steps.push([pace[i], place])
  }
  const last = steps[steps.length - 1][0]
  return { steps, end: assumed ? last : Math.max(shown.total_ms ?? 0, last), assumed }
}

function assumedChunks (text, shown) {
  const size = 3
  const chunks = []
  const start = shown.first_ms ?? 0
  for (let i = 0; i * size < text.length; i += 1) {
    chunks.push(start + Math.round((i * size * 1000) / ASSUMED_PER_SECOND), size)
  }
  return chunks
}

function after (text, place, characters) {
  for (let n = 0; n < characters && place < text.length; n += 1) {
    place += text.codePointAt(place) > 0xffff ? 2 : 1
  }
  return place
}

function stepAt (steps, now) {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle][0] <= now) low = middle + 1
    else high = middle
  }
  return low
}
