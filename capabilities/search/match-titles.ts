import { fold } from './fold.ts';
import { trigramsOf, wordSimilarity } from './trigrams.ts';

// Lets 'calegari' (0.50) and 'nosfreatu' (0.43) through; pg_trgm's default of 0.6 loses both.
const SIMILARITY_MIN = 0.4;
const GUESS_LETTERS_MIN = 4;
const INSIDE_LETTERS_MIN = 3;
// Answers to what was typed, kept while no title changes. Each is some numbers; 10,000 are a few MB.
const KEPT_MAX = 10_000;
const KEPT_MATCHES_MAX = 1_000;

type Title = { folded: string; original: string; grams: string[]; originalGrams: string[] };

/**
 * Titles by what somebody typed. Rank: 4 the title begins with it, 3 a word does, 2.5 the original title or a word of
 * it does, 2 it stands inside, 1.5 inside the original title; below 1 a typing error away (the similarity). A guess is
 * only made when no title has the letters as typed. One or two letters only find words that begin with them.
 */
export function createTitleIndex() {
  const titles = new Map<number, Title>();
  // Trigram → movies that have it. A title that could reach the threshold shares 0.4 of the typed trigrams.
  const postings = new Map<string, Set<number>>();
  const kept = new Map<string, ReadonlyMap<number, number>>();

  const remove = (movieId: number) => {
    const title = titles.get(movieId);
    if (!title) return;
    titles.delete(movieId);
    for (const gram of [...title.grams, ...title.originalGrams]) postings.get(gram)?.delete(movieId);
  };

  const guess = (folded: string): Map<number, number> => {
    const typed = new Set(trigramsOf(folded));
    const sharing = new Map<number, number>();
    for (const gram of typed)
      for (const movieId of postings.get(gram) ?? []) sharing.set(movieId, (sharing.get(movieId) ?? 0) + 1);
    const found = new Map<number, number>();
    for (const [movieId, count] of sharing) {
      if (count < SIMILARITY_MIN * typed.size) continue;
      const { grams, originalGrams } = titles.get(movieId)!;
      const rank = Math.max(wordSimilarity(typed, grams), wordSimilarity(typed, originalGrams));
      if (rank >= SIMILARITY_MIN) found.set(movieId, rank);
    }
    return found;
  };

  return {
    set(movieId: number, title: string, original: string | null): void {
      const folded = fold(title);
      const foldedOriginal = original === null ? '' : fold(original);
      const known = titles.get(movieId);
      if (known?.folded === folded && known.original === foldedOriginal) return;
      remove(movieId);
      const [grams, originalGrams] = [trigramsOf(folded), trigramsOf(foldedOriginal)];
      titles.set(movieId, { folded, original: foldedOriginal, grams, originalGrams });
      for (const gram of [...grams, ...originalGrams]) {
        const movies = postings.get(gram);
        if (movies) movies.add(movieId);
        else postings.set(gram, new Set([movieId]));
      }
      kept.clear();
    },

    remove(movieId: number): void {
      if (titles.has(movieId)) kept.clear();
      remove(movieId);
    },

    /** Movie → rank. `folded` is what `fold` made of the typed text, and not empty. */
    match(folded: string): ReadonlyMap<number, number> {
      const known = kept.get(folded);
      if (known) return known;
      let found = new Map<number, number>();
      // Three letters in a row inside a word are a trigram of every title that has them: few titles are compared.
      const letters = /[\p{L}\p{N}]{3}/u.exec(folded)?.[0];
      for (const movieId of letters === undefined ? titles.keys() : (postings.get(letters) ?? [])) {
        const rank = rankOf(titles.get(movieId)!, folded);
        if (rank > 0) found.set(movieId, rank);
      }
      if (found.size === 0 && folded.length >= GUESS_LETTERS_MIN) found = guess(folded);
      if (found.size <= KEPT_MATCHES_MAX) kept.set(folded, found);
      if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
      return found;
    },
  };
}

export type TitleIndex = ReturnType<typeof createTitleIndex>;

function rankOf({ folded, original }: Title, typed: string): number {
  const at = folded.indexOf(typed);
  if (at === 0) return 4;
  const inOriginal = original === '' ? -1 : original.indexOf(typed);
  if (at < 0 && inOriginal < 0) return 0;
  if (at > 0 && folded.includes(` ${typed}`)) return 3;
  if (inOriginal === 0 || (inOriginal > 0 && original.includes(` ${typed}`))) return 2.5;
  if (typed.length < INSIDE_LETTERS_MIN) return 0;
  return at > 0 ? 2 : 1.5;
}
