// The page's sentences, in its language.

export const texts = document.getElementById("texts")?.dataset ?? {};
