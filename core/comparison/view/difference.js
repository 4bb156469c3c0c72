// What differs between two texts: sentences first, then words or characters within the changed
// ones. The same as core/prompts/difference.py, in the browser, so that another column can be
// chosen to compare with without asking the server; a test holds the two against each other.

const COARSE_FROM = 1_000_000
// The exact alignment keeps a bit for each pair of tokens; beyond this a place is just replaced.
const EXACT_CELLS = 100_000_000

// White space as Python's `re` knows it.
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const SENTENCE_END = new RegExp(
  `[。！？!?．]+[」』）】)\\]"'”’]*|\\.+[)\\]"'”’]*(?=[${SPACE}])|\\r?\\n`, 'gu')
const WORD = /[0-9A-Za-z_\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]+| +|\r\n|./gsu
const LINE = /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|$)/g

// Spans in reading order, as [kind, text] with kind '=', '-' (only left) or '+' (only right).
export function difference (left, right) {
  if (left === right) return left ? [['=', left]] : []
  const coarse = left.length + right.length > COARSE_FROM
  const split = coarse ? lines : sentences
  const chunks = []
  for (const chunk of aligned(split(left), split(right))) {
    if (coarse || chunk.equal || !(chunk.removed && chunk.added)) chunks.push(chunk)
    else chunks.push(...readable(aligned(words(chunk.removed), words(chunk.added))))
  }
  return spansOf(chunks)
}

function aligned (left, right) {
  const chunks = []
  let i = 0
  let j = 0
  for (const [a, b, length] of [...runsOf(pairsOf(left, right)), [left.length, right.length, 0]]) {
    if (a > i || b > j) {
      chunks.push({
        equal: '', removed: left.slice(i, a).join(''), added: right.slice(j, b).join('')
      })
    }
    i = a + length
    j = b + length
    if (length) chunks.push({ equal: left.slice(a, i).join(''), removed: '', added: '' })
  }
  return chunks
}

function runsOf (pairs) {
  const runs = []
  for (const [a, b] of pairs) {
    const last = runs[runs.length - 1]
    if (last && a === last[0] + last[2] && b === last[1] + last[2]) last[2] += 1
    else runs.push([a, b, 1])
  }
  return runs
}

function pairsOf (left, right) {
  let a = 0
  let [b, d] = [left.length, right.length]
  const pairs = []
  while (a < b && a < d && left[a] === right[a]) {
    pairs.push([a, a])
    a += 1
  }
  const tail = []
  while (a < b && a < d && left[b - 1] === right[d - 1]) {
    b -= 1
    d -= 1
    tail.push([b, d])
  }
  if (a < b && a < d && (b - a) * (d - a) <= EXACT_CELLS) {
    for (const [i, j] of longestCommon(left.slice(a, b), right.slice(a, d))) {
      pairs.push([a + i, a + j])
    }
  }
  return [...pairs, ...tail.reverse()]
}

// A longest common subsequence (Hyyrö 2004, bit-parallel, one big integer per row).
function longestCommon (left, right) {
  const places = new Map()
  left.forEach((token, i) => places.set(token, (places.get(token) ?? 0n) | (1n << BigInt(i))))
  const full = (1n << BigInt(left.length)) - 1n
  const rows = [full]
  let row = full
  for (const token of right) {
    const common = row & (places.get(token) ?? 0n)
    if (common) row = ((row + common) | (row - common)) & full
    rows.push(row)
  }
  const pairs = []
  let i = left.length - 1
  let j = right.length
  // A zero bit i in row j says: the best length grows at left[i] within right[:j].
  while (i >= 0 && j > 0) {
    if (bitOf(rows[j], i)) i -= 1
    else if (!bitOf(rows[j - 1], i)) j -= 1
    else {
      pairs.push([i, j - 1])
      i -= 1
      j -= 1
    }
  }
  return pairs.reverse()
}

function bitOf (number, place) {
  return (number >> BigInt(place)) & 1n
}

// Join changes that stand so close that the equal text between them only confuses.
function readable (chunks) {
  const kept = []
  for (const chunk of chunks) {
    kept.push(chunk)
    while (kept.length >= 3 && confusing(...kept.slice(-3))) {
      const [before, between, after] = kept.splice(-3)
      kept.push({
        equal: '',
        removed: before.removed + between.equal + after.removed,
        added: before.added + between.equal + after.added
      })
    }
  }
  return kept
}

function confusing (before, between, after) {
  if (!between.equal || between.equal.includes('\n')) return false
  const larger = [before, after].map((one) => Math.max(sizeOf(one.removed), sizeOf(one.added)))
  const smaller = Math.min(...larger)
  const size = sizeOf(between.equal)
  return smaller > 0 && (size === 1 || 2 * size <= smaller)
}

// Length in code points, as Python counts.
function sizeOf (text) {
  let size = text.length
  for (let i = 0; i < text.length - 1; i += 1) if (text.codePointAt(i) > 0xffff) size -= 1
  return size
}

function spansOf (chunks) {
  const spans = []
  let removed = ''
  let added = ''
  const flush = () => {
    if (removed) spans.push(['-', removed])
    if (added) spans.push(['+', added])
    removed = added = ''
  }
  for (const chunk of chunks) {
    if (chunk.equal) {
      flush()
      const last = spans[spans.length - 1]
      if (last && last[0] === '=') last[1] += chunk.equal
      else spans.push(['=', chunk.equal])
    } else {
      removed += chunk.removed
      added += chunk.added
    }
  }
  flush()
  return spans
}

export function sentences (text) {
  return cut(text, SENTENCE_END)
}

function words (text) {
  return cut(text, WORD)
}

function lines (text) {
  return text.match(LINE).filter((line) => line)
}

function cut (text, pattern) {
  const pieces = []
  let start = 0
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length
    if (end > start && !insideCharacter(text, end)) {
      pieces.push(text.slice(start, end))
      start = end
    }
  }
  if (start < text.length) pieces.push(text.slice(start))
  return pieces
}

// Whether a cut at this place would split what a reader takes for one character.
function insideCharacter (text, at) {
  if (at >= text.length) return false
  const after = text.codePointAt(at)
  const before = text.charCodeAt(at - 1)
  if (after < 0x300 && before < 0x300) return before === 0x0d && after === 0x0a
  return (
    /^\p{M}/u.test(text.slice(at, at + 2)) ||
    before === 0x200d ||
    after === 0x200c || after === 0x200d ||
    (after >= 0x1160 && after <= 0x11ff) || // Hangul vowels and finals typed apart
    (after >= 0x1f3fb && after <= 0x1f3ff) || // skin tones
    (after >= 0xe0020 && after <= 0xe007f) || // tags of regional flags
    insideFlag(text, at)
  )
}

// Two regional indicators are one flag; count from where their row starts.
function insideFlag (text, at) {
  if (!isIndicator(text.codePointAt(at))) return false
  let before = 0
  while (before < 64 && at - 2 * before >= 2 && isIndicator(text.codePointAt(at - 2 * before - 2))) {
    before += 1
  }
  return before % 2 === 1
}

function isIndicator (codePoint) {
  return codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff
}
