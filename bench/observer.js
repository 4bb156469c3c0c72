// Notes, in the page, when things become visible: times are milliseconds since the epoch.
(() => {
  const now = () => performance.timeOrigin + performance.now()
  const notes = (window.__bench = {
    now,
    opened: [], // when each websocket was open
    heading: null, // when the first h1 was there
    seen: {}, // stream -> [when chunk 0, 1, 2 ... was visible]
    clicked: null, // when the first click after arm() came
    idle: null, // when the script was idle again after it
    streams: 0,
    arm() {
      notes.idle = null
      notes.wasRunning = false
      notes.clicked = null
    },
    forget() {
      notes.seen = {}
      notes.heading = null
    },
  })

  const Socket = window.WebSocket
  window.WebSocket = class extends Socket {
    constructor(...args) {
      super(...args)
      this.addEventListener("open", () => notes.opened.push(now()))
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

  function lookForIdle() {
    const state = document
      .querySelector('[data-testid="stApp"]')
      ?.getAttribute("data-test-script-state")
    if (state === "running") notes.wasRunning = true
    if (state === "notRunning" && notes.wasRunning && notes.idle === null)
      atNextFrame((time) => (notes.idle ??= time))
  }

  new MutationObserver(() => {
    if (notes.heading === null && document.querySelector("h1")?.checkVisibility())
      atNextFrame((time) => (notes.heading ??= time))
    if (notes.streams) lookForChunks()
    lookForIdle()
  }).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["data-test-script-state"],
  })
})()
