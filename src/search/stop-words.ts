/**
 * English words that say nothing of what a text is about; in other languages the ranking itself makes little of such
 * words. Names and months among them (`will`, `may`) are searched.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  [
    'a about after again all also am an and any are aren as at be because been before being but by can could couldn',
    'did didn do does doesn doing don down during each few for from further had hadn has hasn have haven having he her',
    'here hers herself him himself his how i if im in into is isn it its itself ive just let me more most my myself no',
    'nor not of off on once only or other our ours out over own re same she should shouldn so some such than that the',
    'their theirs them themselves then there these they this those through to too under until up us very was wasn we',
    'were weren what when where which while who whom why with won would wouldn you your yours yourself',
  ].flatMap((line) => line.split(' ')),
)
