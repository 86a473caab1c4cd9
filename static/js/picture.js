// A product picture that cannot be loaded says so, in the same box.

for (const image of document.querySelectorAll(".picture img")) {
  const failed = () => image.parentElement.classList.add("failed");
  if (image.complete && !image.naturalWidth) failed();
  else image.addEventListener("error", failed);
}
