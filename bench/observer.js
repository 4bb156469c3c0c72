// Notes, in the page, when things become visible: times are milliseconds since the epoch.
(() => {
  const SCRIPT_FINISHED = 6 // field of Streamlit's ForwardMsg
  const QUIET_MS = 150 // without a change for so long after the script, the page is idle
  const now = () => performance.timeOrigin + performance.now()
  let finished = null // when the last message that ends a run came
  let changed = 0 // when the DOM last changed
  const notes = (window.__bench = {
    now,
    opened: [], // when each websocket was open
    heading: null, // when the first h1 was there
    seen: {}, // stream -> [when chunk 0, 1, 2 ... was visible]
    clicked: null, // when the first click after arm() came
    idle: null, // when the last change that followed it was in the DOM
    streams: 0,
    arm() {
      notes.clicked = notes.idle = finished = null
    },
    forget() {
      notes.seen = {}
      notes.heading = null
    },
  })

  // The numbers of a protobuf's fields, from its top level.
  function* fieldsOf(bytes) {
    let at = 0
    const varint = () => {
      let value = 0
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]
        value += (byte & 127) * 2 ** shift
        if (byte < 128) return value
      }
    }
    while (at < bytes.length) {
      const tag = varint()
      yield tag >> 3
      const value = varint()
      if ((tag & 7) === 2) at += value
      else if ((tag & 7) !== 0) return
    }
  }

  function settle() {
    const last = Math.max(finished, changed)
    const wait = last + QUIET_MS - now()
    if (wait <= 0) notes.idle = last
    else setTimeout(settle, wait)
  }

  function onMessage({ data }) {
    if (notes.clicked === null || notes.idle !== null || !(data instanceof ArrayBuffer)) return
    if (![...fieldsOf(new Uint8Array(data))].includes(SCRIPT_FINISHED)) return
    const first = finished === null
    finished = now()
    if (first) settle()
  }

  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      this.addEventListener("open", () => notes.opened.push(now()))
      this.addEventListener("message", onMessage)
    }
  }

  window.addEventListener(
    "click",
    (event) => (notes.clicked ??= performance.timeOrigin + event.timeStamp),
    { capture: true },
  )

  // Painted is what counts: the time is taken in the frame that follows the change.
  const atNextFrame = (note) => requestAnimationFrame(() => note(now()))

  function lookForChunks() {
    const main = document.querySelector('[data-testid="stMain"]')
    if (!main) return
    const text = main.textContent
    for (let stream = 0; stream < notes.streams; stream++) {
      const times = (notes.seen[stream] ??= [])
      const from = times.length
      let index = from
      while (text.includes(`‹${stream}:${index}›`)) times[index++] = null
      if (index > from)
        atNextFrame((time) => {
          for (let i = from; i < index; i++) times[i] = time
        })
    }
  }

  new MutationObserver(() => {
    changed = now()
    if (notes.heading === null && document.querySelector("h1")?.checkVisibility())
      atNextFrame((time) => (notes.heading ??= time))
    if (notes.streams) lookForChunks()
  }).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
  })
})()
