// Charts: each <figure data-chart> holds its data as JSON and an empty box; a click leads to the rows behind a point.
// Figures come with their text ready for the reader; only the marks of the axes are written here.
"use strict";
(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const chinese = document.documentElement.lang.startsWith("zh");
  const UNITS = chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "bn"], [1e6, "M"], [1e3, "k"]];

  function short(value) {
    const found = UNITS.find(([size]) => Math.abs(value) >= size);
    const [size, unit] = found || [1, ""];
    return (value / size).toLocaleString("en", { maximumFractionDigits: 2 }) + unit;
  }

  function axisText(unit, value) {
    if (unit === "percent") return `${(value * 100).toLocaleString("en", { maximumFractionDigits: 1 })}%`;
    return short(value);
  }

  const text = () => ({ color: colour("ink-2"), fontFamily: style.getPropertyValue("--tblr-font-sans-serif"), fontSize: 12 });
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin"];
  const DASHES = { dashed: [6, 4], dotted: [2, 3] };

  function tooltipBox(extra) {
    return {
      renderMode: "richText",
      confine: true,
      backgroundColor: colour("surface"),
      borderColor: colour("line"),
      textStyle: { ...text(), color: colour("ink"), lineHeight: 18 },
      ...extra,
    };
  }

  function valueAxis(unit, name, extra = {}) {
    return {
      type: "value",
      name,
      nameTextStyle: { ...text(), align: "left", color: colour("ink-3") },
      axisLabel: { ...text(), formatter: (value) => axisText(unit, value) },
      splitLine: { lineStyle: { color: colour("line-2") } },
      splitNumber: 4,
      scale: unit === "percent",
      ...extra,
    };
  }

  function point(series, index) {
    return { value: series.values[index], url: series.urls[index] || "" };
  }

  function drawn(series, place, data) {
    const paint = colour(`chart-${series.tone}`);
    const common = {
      name: series.name,
      data: series.values.map((value, index) => point(series, index)),
      stack: series.stack || undefined,
      yAxisIndex: data.horizontal ? 0 : series.axis,
      itemStyle: { color: paint },
      emphasis: { focus: series.stack ? "series" : "none" },
      cursor: series.urls.some(Boolean) ? "pointer" : "default",
    };
    if (series.look === "bar") {
      return { ...common, type: "bar", barMaxWidth: 34, barMinHeight: series.stack ? 0 : 1, itemStyle: { color: paint, borderWidth: 0 } };
    }
    if (series.look === "floor" || series.look === "band") {
      // A band is the room between two lines: the lower one unseen, the upper one stacked upon it.
      const seen = series.look === "band";
      return {
        ...common,
        type: "line",
        symbol: "none",
        silent: true,
        lineStyle: { opacity: 0 },
        areaStyle: { opacity: seen ? 0.16 : 0, color: paint },
      };
    }
    return {
      ...common,
      type: "line",
      symbol: SYMBOLS[place % SYMBOLS.length],
      symbolSize: series.values.length > 40 ? 4 : 7,
      showSymbol: series.values.length <= 40,
      lineStyle: { color: paint, width: 2, type: DASHES[series.look] || "solid" },
      connectNulls: false,
    };
  }

  function overAxis(data) {
    const named = data.series.filter((series) => series.look !== "floor");
    const category = {
      type: "category",
      data: data.labels,
      axisLabel: { ...text(), ...(data.labels.length <= 8 ? { interval: 0, fontSize: 11 } : { hideOverlap: true }), ...(data.horizontal ? { width: 170, overflow: "truncate" } : {}) },
      axisLine: { lineStyle: { color: colour("line") } },
      axisTick: { show: false },
      inverse: data.horizontal,
    };
    const units = data.units.map((unit, place) => valueAxis(unit, data.axes[place] || "", place ? { splitLine: { show: false } } : {}));
    return {
      legend: { show: named.length > 1, top: 0, left: 0, itemGap: named.length > 5 ? 8 : 16, itemWidth: named.every((series) => series.look === "bar") ? 11 : 18, itemHeight: 9, textStyle: { ...text(), fontSize: named.length > 5 ? 11 : 12 }, icon: data.series.some((series) => series.look !== "bar") ? undefined : "roundRect", data: named.map((series) => (series.look === "band" ? { name: series.name, icon: "roundRect", itemStyle: { opacity: 0.3 } } : series.name)) },
      grid: { left: 4, right: 14, top: named.length > 6 ? 58 : named.length > 1 ? 44 : 26, bottom: 4, containLabel: true },
      tooltip: tooltipBox({
        trigger: "axis",
        axisPointer: { type: named.some((series) => series.look === "bar") ? "shadow" : "line" },
        formatter: (points) => {
          const index = points[0].dataIndex;
          const lines = data.series.filter((series) => series.texts[index]).map((series) => `${series.name}: ${series.texts[index]}`);
          return [data.labels[index], ...lines].join("\n");
        },
      }),
      xAxis: data.horizontal ? units : category,
      yAxis: data.horizontal ? category : units,
      series: data.series.map((series, place) => drawn(series, place, data)),
    };
  }

  function overPlane(data) {
    // Each group has a sign of its own beside its colour.
    return {
      legend: { show: data.series.length > 1, top: 0, left: 0, itemGap: 14, itemWidth: 12, itemHeight: 10, textStyle: text(), type: "scroll" },
      grid: { left: 8, right: 24, top: 58, bottom: 26, containLabel: true },
      tooltip: tooltipBox({ trigger: "item", formatter: (hit) => hit.data.text }),
      xAxis: { ...valueAxis(data.units[0], data.axes[0]), ...data.scales[0], nameLocation: "middle", nameGap: 28, nameTextStyle: { ...text(), align: "center" } },
      yAxis: { ...valueAxis(data.units[1], data.axes[1]), ...data.scales[1] },
      series: data.series.map((series, place) => ({
        name: series.name,
        type: "scatter",
        symbol: SYMBOLS[place % SYMBOLS.length],
        symbolSize: 8,
        large: false,
        cursor: "pointer",
        itemStyle: { color: colour(`chart-${series.tone}`), opacity: 0.75 },
        data: series.points.map((spot) => ({ value: [spot.x, spot.y], url: spot.url, text: spot.text })),
      })),
    };
  }

  function show(figure) {
    const box = figure.querySelector("[data-chart-box]");
    const source = figure.querySelector("script[type='application/json']");
    if (!box || !source || box.dataset.drawn) return;
    box.dataset.drawn = "1";
    const data = JSON.parse(source.textContent);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.setOption({ animation: false, textStyle: text(), ...(data.plane ? overPlane(data) : overAxis(data)) });
    chart.on("click", (hit) => { if (hit.data?.url) location.href = hit.data.url; });
    new ResizeObserver(() => chart.resize()).observe(box);
  }

  const showAll = (root) => root.querySelectorAll("[data-chart]").forEach(show);
  const begin = () => { if (window.echarts) showAll(document); };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
  document.addEventListener("htmx:afterSwap", (event) => { if (window.echarts) showAll(event.detail.target); });

  // On paper the tables stand open beside the charts.
  window.addEventListener("beforeprint", () => document.querySelectorAll(".chart-table").forEach((table) => { table.open = true; }));
})();
