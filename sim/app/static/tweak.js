import { ask, file, fill, percent } from "./app.js";

const told = await ask("/tweak/answer", { file, sets: [], n: 500 });
fill(document.getElementById("answer"), `${told.n}: ${percent(told.agreement_share, told.n)}`);
