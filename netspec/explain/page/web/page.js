// How much of the picture shows through the maps, and the place of the pointer in all of them.
const root = document.documentElement;

const slider = document.querySelector("#opacity");
slider?.addEventListener("input", () => {
  root.style.setProperty("--opacity", slider.value / 100);
});

for (const stage of document.querySelectorAll(".placed")) {
  stage.addEventListener("pointermove", (event) => {
    const box = stage.getBoundingClientRect();
    root.style.setProperty("--x", (event.clientX - box.left) / box.width);
    root.style.setProperty("--y", (event.clientY - box.top) / box.height);
    root.classList.add("pointed");
  });
  stage.addEventListener("pointerleave", () => root.classList.remove("pointed"));
}
