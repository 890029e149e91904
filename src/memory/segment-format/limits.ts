/** Bytes that a segment may hold before compression. What is larger is neither written nor, by default, read. */
export const MAX_RAW_BYTES: number = 8 * 1024 * 1024
/** Entries of a segment, and as many deleted ones: an empty item costs next to nothing stored, but not in the heap. */
export const MAX_ITEMS = 65_536
/** Metadata values at the top level of a segment's items, for the same reason. */
export const MAX_METADATA_VALUES = 1_048_576
/** Levels of a metadata value: recursion over it must not reach the end of the stack. */
export const MAX_VALUE_DEPTH = 64
