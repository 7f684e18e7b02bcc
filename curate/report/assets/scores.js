// The slider below a histogram: what the step would do at another threshold, from the table of choices.

// The line that moves over the histogram with the slider.
function drawn(figure) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "tried");
  line.setAttribute("y1", figure.dataset.top);
  line.setAttribute("y2", figure.dataset.bottom);
  figure.querySelector(".chart svg").append(line);
  return line;
}

function place(figure, threshold) {
  const { low, high, left, right } = figure.dataset;
  const share = (threshold - low) / (high - low);
  return share < 0 || share > 1 ? null : Number(left) + share * (right - left);
}

function told(row) {
  const [at, stay, released, gone, back] = [...row.cells].map((cell) => cell.textContent);
  const returning =
    back === "0"
      ? "None would come back."
      : `${back} would come back, to be judged by later steps that have not looked at them: that was not measured.`;
  return `At ${at}${row.hasAttribute("data-now") ? ", as it is" : ""}: ${stay} would pass. ${released} of the release remain, ${gone} would leave it. ${returning}`;
}

for (const figure of document.querySelectorAll(".scored")) {
  const box = figure.querySelector(".what-if");
  if (!box) continue;
  const slider = box.querySelector("input");
  const output = box.querySelector("output");
  const rows = [...figure.querySelector(".choices").tBodies[0].rows];
  const line = drawn(figure);
  const show = () => {
    const row = rows[slider.value];
    const x = place(figure, Number(row.dataset.threshold));
    line.setAttribute("x1", x ?? 0);
    line.setAttribute("x2", x ?? 0);
    line.setAttribute("visibility", x === null ? "hidden" : "visible");
    output.textContent = told(row);
    slider.setAttribute("aria-valuetext", row.cells[0].textContent);
  };
  slider.addEventListener("input", show);
  box.hidden = false;
  show();
}
