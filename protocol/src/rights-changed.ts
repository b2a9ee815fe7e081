/** A console's session ends with this code when what its account may do has changed: it connects again, and each stream is judged anew. */
export const rightsChanged = 4410
