// What a page or an exported file calls: the grid with its presenter in an element.

import { Grid } from './grid.js'
import { Presenter } from './present.js'
import { make } from './parts.js'

// `hooks.onAction({ type, row, column, run, scene })` is called for what the reader asks for;
// `hooks.actions` names the types for which buttons are drawn. Without them it is read-only.
export function mountComparison (host, view, hooks = {}) {
  const types = new Set(hooks.actions ?? [])
  const act = (action) => hooks.onAction?.(action)
  let current = view
  const root = make('div', { className: 'wb', lang: view.language })
  host.replaceChildren(root)
  const place = make('div', { className: 'wb-grid' })
  const stage = make('div')
  root.append(place, stage)
  const presenter = new Presenter(stage, view, (scene) => {
    act({ type: 'scene', scene, row: current.rows[scene - 1]?.key })
    hooks.onScene?.(scene)
  })
  const grid = new Grid(place, view, {
    act,
    offers: (type) => types.has(type),
    present: view.blind ? undefined : (at) => presenter.open(at)
  })
  if (hooks.scene) presenter.open(hooks.scene - 1)
  const sceneNow = () => (presenter.opened ? presenter.scene + 1 : 0)
  return {
    update (next) {
      current = next
      root.lang = next.language
      grid.update(next)
      presenter.update(next)
    },
    // Scene 0 closes; the scene that is shown goes on.
    present (scene) {
      if (scene === sceneNow()) return
      if (scene) presenter.open(scene - 1)
      else presenter.close()
    },
    close: () => presenter.close()
  }
}
