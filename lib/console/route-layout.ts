/**
 * Lays out the elements of a dynamic route in layers, from left to right.
 *
 * A small version of the usual layered drawing (Sugiyama): each element is placed after all that lead to it, edges
 * get a place in each layer that they pass, and the places of a layer are ordered by those that they are connected
 * to.
 *
 * @module
 */

/** An element, as in the settings. */
export interface Element {
  readonly id: string
  readonly type: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly outputs?: Readonly<Record<string, { readonly elementId: string }>>
}

/** The position of an element. */
export interface Placed {
  readonly element: Element
  readonly x: number
  readonly y: number
}

/** An edge, through the points that it passes. */
export interface Joined {
  readonly from: string
  readonly output: string
  readonly to: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

/** A drawing. */
export interface Drawing {
  readonly nodes: ReadonlyArray<Placed>
  readonly edges: ReadonlyArray<Joined>
  readonly width: number
  readonly height: number
}

/** The size of an element, and of the gaps between layers and within them. */
export const box = { width: 168, height: 54, across: 92, down: 26 } as const

/** A place in a layer: for an element, or for an edge that passes. */
interface Place {
  readonly layer: number
  readonly element: Element | undefined
  readonly before: Array<Place>
  readonly after: Array<Place>
  /** Its rank within the layer, then its middle. */
  at: number
}

/** Whether a value is a list of elements that can be drawn. */
export const isElements = (value: unknown): value is ReadonlyArray<Element> =>
  Array.isArray(value) && value.every((item) => {
    const { id, type, outputs = {} } = Object(item) as Partial<Element>
    return typeof id === "string" && typeof type === "string" && typeof outputs === "object" &&
      outputs !== null &&
      Object.values(outputs).every((output) =>
        typeof (Object(output) as { elementId?: unknown }).elementId === "string"
      )
  })

const layersOf = (elements: ReadonlyArray<Element>): ReadonlyMap<string, number> => {
  const layers = new Map(elements.map(({ id }) => [id, 0]))
  // Routes have no cycles, but one that is being edited may: bounded by the number of elements.
  for (let turn = 0, moved = true; moved && turn < elements.length; turn++) {
    moved = false
    for (const { id, outputs = {} } of elements) {
      const next = (layers.get(id) ?? 0) + 1
      for (const { elementId } of Object.values(outputs)) {
        if (next <= (layers.get(elementId) ?? next) || next >= elements.length) continue
        layers.set(elementId, next)
        moved = true
      }
    }
  }
  return layers
}

const mean = (places: ReadonlyArray<Place>, otherwise: number): number =>
  places.length === 0 ? otherwise : places.reduce((sum, { at }) => sum + at, 0) / places.length

const order = (layers: ReadonlyArray<Array<Place>>): void => {
  const sweep = (layer: Array<Place>, side: "before" | "after"): void => {
    const wanted = new Map(layer.map((place) => [place, mean(place[side], place.at)]))
    layer.sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0))
    for (const [at, place] of layer.entries()) place.at = at
  }
  for (const layer of layers) for (const [at, place] of layer.entries()) place.at = at
  for (let turn = 0; turn < 4; turn++) {
    for (const layer of layers) sweep(layer, "before")
    for (const layer of layers.toReversed()) sweep(layer, "after")
  }
}

/** Lays out a route. */
export const layOut = (elements: ReadonlyArray<Element>): Drawing => {
  const layer = layersOf(elements)
  const places = new Map(elements.map((element): [string, Place] => [
    element.id,
    { layer: layer.get(element.id) ?? 0, element, before: [], after: [], at: 0 },
  ]))
  const layers: Array<Array<Place>> = []
  const add = (place: Place): void => void (layers[place.layer] ??= []).push(place)
  for (const place of places.values()) add(place)
  const edges: Array<
    {
      readonly from: string
      readonly output: string
      readonly to: string
      readonly way: ReadonlyArray<Place>
    }
  > = []
  const join = (one: Place, other: Place): void => {
    one.after.push(other)
    other.before.push(one)
  }
  for (const { id: from, outputs = {} } of elements) {
    for (const [output, { elementId: to }] of Object.entries(outputs)) {
      const [start, end] = [places.get(from), places.get(to)]
      if (start === undefined || end === undefined) continue
      const way = [start]
      let last = start
      for (let passed = start.layer + 1; passed < end.layer; passed++) {
        const place: Place = { layer: passed, element: undefined, before: [], after: [], at: 0 }
        add(place)
        join(last, place)
        way.push(last = place)
      }
      join(last, end)
      edges.push({ from, output, to, way: [...way, end] })
    }
  }
  order(layers)
  const rows = Math.max(1, ...layers.map((list) => list.length))
  const height = rows * (box.height + box.down) + box.down
  for (const list of layers) {
    const free = height - list.length * (box.height + box.down)
    for (const [at, place] of list.entries()) {
      place.at = free / 2 + box.down / 2 + at * (box.height + box.down) + box.height / 2
    }
  }
  const left = (place: Place): number => 8 + place.layer * (box.width + box.across)
  return {
    nodes: [...places.values()].flatMap((place) =>
      place.element === undefined
        ? []
        : [{ element: place.element, x: left(place), y: place.at - box.height / 2 }]
    ),
    edges: edges.map(({ from, output, to, way }) => {
      // Edges leave an element in the order of their targets, so that they do not cross.
      const leaving = edges.filter((other) => other.from === from)
        .toSorted((one, other) => (one.way[1]?.at ?? 0) - (other.way[1]?.at ?? 0))
      const share = (leaving.findIndex((other) => other.output === output) + 1) / (leaving.length + 1)
      const points = way.flatMap((place, index): Array<readonly [number, number]> => {
        if (index === 0) return [[left(place) + box.width, place.at + (share - 0.5) * box.height * 0.8]]
        if (index === way.length - 1) return [[left(place) - 7, place.at]]
        return [[left(place), place.at], [left(place) + box.width, place.at]]
      })
      return { from, output, to, points }
    }),
    width: 16 + layers.length * (box.width + box.across) - box.across,
    height,
  }
}
