//! Where the boxes of a graph stand: in layers from above, each box below what it needs, and no layer wider than the page.
//!
//! A line that passes layers takes a lane through each of them. Lines to the same box share their lanes.

/// Boxes side by side.
const ABREAST: usize = 4;
/// The width of a lane with what stands beside it, where there is room; otherwise lanes lie on each other.
const LANE: i32 = 20;
/// How often layers are ordered by their neighbours, downwards and upwards.
const SWEEPS: usize = 4;

/// What boxes and the spaces between them measure. A row of boxes side by side fits into `width`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    pub(super) width: i32,
    pub(super) box_width: i32,
    pub(super) box_height: i32,
    /// Between boxes side by side.
    pub(super) beside: i32,
    /// Between layers.
    pub(super) between: i32,
}

/// Where everything stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct GraphLayout {
    /// The upper left corner of each box.
    pub(super) boxes: Vec<(i32, i32)>,
    pub(super) lines: Vec<Line>,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// A line from a box to one that needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where it leaves a layer and enters the next one, in turn: between a leaving and an entering point it bends, otherwise it
    /// is straight.
    pub(super) points: Vec<(i32, i32)>,
}

/// A box, or the lane on the way to one, in a layer.
#[derive(Clone, Debug, Default)]
struct Item {
    is_box: bool,
    layer: usize,
    above: Vec<usize>,
    below: Vec<usize>,
    x: i32,
}

struct Graph {
    measures: Measures,
    /// First the boxes, then the lanes.
    items: Vec<Item>,
    layers: Vec<Vec<usize>>,
}

/// Lays out boxes, each of which needs the boxes in its list. These come before it.
pub(super) fn layout(needs: &[Vec<usize>], measures: Measures) -> GraphLayout {
    let layers = layers(needs);
    let mut graph = Graph { measures, items: Vec::new(), layers: Vec::new() };
    for layer in &layers {
        graph.items.push(Item { is_box: true, layer: *layer, ..Item::default() });
    }
    let ways: Vec<(usize, usize, Vec<usize>)> = graph.connect(needs);
    graph.fill_layers();
    for sweep in 0..SWEEPS {
        graph.order(sweep % 2 == 0);
    }
    graph.place();
    graph.finish(&ways)
}

fn at<T: Copy + Default>(list: &[T], place: usize) -> T {
    list.get(place).copied().unwrap_or_default()
}

/// The layer of each box: below all that it needs, where there is room. What needs nothing stands just above the first box that
/// needs it.
fn layers(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut layers: Vec<usize> = Vec::with_capacity(needs.len());
    let mut sizes: Vec<usize> = Vec::new();
    for needed in needs {
        let mut layer = needed.iter().map(|box_| at(&layers, *box_) + 1).max().unwrap_or(0);
        while at(&sizes, layer) >= ABREAST {
            layer += 1;
        }
        sizes.resize(sizes.len().max(layer + 1), 0);
        if let Some(size) = sizes.get_mut(layer) {
            *size += 1;
        }
        layers.push(layer);
    }
    let mut first_user: Vec<Option<usize>> = vec![None; needs.len()];
    for (user, needed) in needs.iter().enumerate() {
        for box_ in needed {
            if let Some(first) = first_user.get_mut(*box_) {
                *first = Some(first.map_or(at(&layers, user), |layer| layer.min(at(&layers, user))));
            }
        }
    }
    for (box_, _) in needs.iter().enumerate().filter(|(_, needed)| needed.is_empty()) {
        let (now, Some(user)) = (at(&layers, box_), at(&first_user, box_)) else { continue };
        let lower = (now + 1..user).rev().find(|layer| at(&sizes, *layer) < ABREAST);
        if let (Some(lower), Some(layer)) = (lower, layers.get_mut(box_)) {
            *layer = lower;
            let mut change = |layer: usize, up: bool| {
                if let Some(size) = sizes.get_mut(layer) {
                    *size = if up { *size + 1 } else { *size - 1 };
                }
            };
            change(now, false);
            change(lower, true);
        }
    }
    close_gaps(layers)
}

/// Layers without boxes are left out.
fn close_gaps(layers: Vec<usize>) -> Vec<usize> {
    let mut used: Vec<usize> = layers.clone();
    used.sort_unstable();
    used.dedup();
    layers.into_iter().map(|layer| used.binary_search(&layer).unwrap_or(0)).collect()
}

impl Graph {
    /// Adds the lanes. Answers for each line the items that it passes.
    fn connect(&mut self, needs: &[Vec<usize>]) -> Vec<(usize, usize, Vec<usize>)> {
        let mut ways = Vec::new();
        for (to, needed) in needs.iter().enumerate() {
            let layer_of = |graph: &Self, item: usize| graph.items.get(item).map_or(0, |item| item.layer);
            let bottom = layer_of(self, to);
            let top = needed.iter().map(|from| layer_of(self, *from) + 1).min().unwrap_or(bottom);
            let first_lane = self.items.len();
            for layer in top..bottom {
                self.items.push(Item { layer, ..Item::default() });
            }
            // The item in this layer that leads on to `to`.
            let on = |layer: usize| if layer >= bottom { to } else { first_lane + layer - top };
            for layer in top..bottom {
                self.join(on(layer), on(layer + 1));
            }
            for from in needed {
                let below = layer_of(self, *from) + 1;
                self.join(*from, on(below));
                ways.push((*from, to, (below..=bottom).map(on).collect()));
            }
        }
        ways
    }

    fn join(&mut self, upper: usize, lower: usize) {
        if let Some(item) = self.items.get_mut(upper) {
            item.below.push(lower);
        }
        if let Some(item) = self.items.get_mut(lower) {
            item.above.push(upper);
        }
    }

    fn fill_layers(&mut self) {
        let count = self.items.iter().map(|item| item.layer + 1).max().unwrap_or(0);
        self.layers = vec![Vec::new(); count];
        for (number, item) in self.items.iter().enumerate() {
            if let Some(layer) = self.layers.get_mut(item.layer) {
                layer.push(number);
            }
        }
    }

    /// Orders the items of each layer by where their neighbours stand, so that few lines cross.
    fn order(&mut self, down: bool) {
        let mut places: Vec<i64> = vec![0; self.items.len()];
        let count = self.layers.len();
        for step in 0..count {
            let number = if down { step } else { count - 1 - step };
            let Some(layer) = self.layers.get_mut(number) else { continue };
            let size = layer.len().max(1) as i64;
            let mut keyed: Vec<(i64, usize)> = Vec::with_capacity(layer.len());
            for (place, item) in layer.iter().enumerate() {
                let neighbours = self.items.get(*item).map(|i| if down { &i.above } else { &i.below });
                let own = place as i64 * 1_000 / size;
                let key = match neighbours.filter(|all| !all.is_empty()) {
                    Some(all) => all.iter().map(|other| at(&places, *other)).sum::<i64>() / all.len() as i64,
                    None => own,
                };
                keyed.push((key, *item));
            }
            keyed.sort_by_key(|(key, _)| *key);
            *layer = keyed.into_iter().map(|(_, item)| item).collect();
            for (place, item) in layer.iter().enumerate() {
                if let Some(known) = places.get_mut(*item) {
                    *known = place as i64 * 1_000 / size;
                }
            }
        }
    }

    /// Puts each item below or above the middle of its neighbours, as far as those beside it allow.
    fn place(&mut self) {
        for layer in 0..self.layers.len() {
            self.place_layer(layer, true);
        }
        for layer in (0..self.layers.len()).rev() {
            self.place_layer(layer, false);
        }
        for layer in 0..self.layers.len() {
            self.place_layer(layer, true);
        }
    }

    fn place_layer(&mut self, number: usize, down: bool) {
        let layer = self.layers.get(number).cloned().unwrap_or_default();
        let cells: Vec<i32> = layer.iter().map(|item| self.cell(*item, &layer)).collect();
        let room = self.measures.width + self.measures.beside;
        let mut next = 0;
        let mut start = (room - cells.iter().sum::<i32>()).max(0) / 2;
        let mut xs: Vec<i32> = Vec::with_capacity(layer.len());
        for (item, cell) in layer.iter().zip(&cells) {
            let wanted = self.middle_of_neighbours(*item, down).map_or(start, |middle| middle - self.width(*item) / 2);
            let x = wanted.max(next);
            xs.push(x);
            next = x + cell;
            start += cell;
        }
        let mut end = room;
        for ((item, cell), x) in layer.iter().zip(&cells).zip(xs).rev() {
            let x = x.min(end - cell).min(self.measures.width - self.width(*item));
            end = x;
            if let Some(item) = self.items.get_mut(*item) {
                item.x = x;
            }
        }
    }

    fn middle_of_neighbours(&self, item: usize, down: bool) -> Option<i32> {
        let item = self.items.get(item)?;
        let neighbours = if down { &item.above } else { &item.below };
        let sum: i32 = neighbours.iter().map(|other| self.middle(*other)).sum();
        (!neighbours.is_empty()).then(|| sum / neighbours.len() as i32)
    }

    fn is_box(&self, item: usize) -> bool {
        self.items.get(item).is_some_and(|item| item.is_box)
    }

    fn width(&self, item: usize) -> i32 {
        if self.is_box(item) { self.measures.box_width } else { 0 }
    }

    fn middle(&self, item: usize) -> i32 {
        self.items.get(item).map_or(0, |i| i.x) + self.width(item) / 2
    }

    /// The width of an item with the space beside it.
    fn cell(&self, item: usize, layer: &[usize]) -> i32 {
        let whole = self.measures.box_width + self.measures.beside;
        if self.is_box(item) {
            return whole;
        }
        let boxes = layer.iter().filter(|item| self.is_box(**item)).count() as i32;
        let lanes = layer.len() as i32 - boxes;
        ((self.measures.width - boxes * whole) / lanes.max(1)).clamp(0, LANE)
    }

    fn finish(&self, ways: &[(usize, usize, Vec<usize>)]) -> GraphLayout {
        let Measures { box_width, box_height, between, .. } = self.measures;
        let left = self.items.iter().map(|item| item.x).min().unwrap_or(0);
        let top = |item: usize| self.items.get(item).map_or(0, |i| i.layer as i32 * (box_height + between));
        let middle = |item: usize| self.middle(item) - left;
        let boxes: Vec<(i32, i32)> =
            self.items.iter().enumerate().filter(|(_, i)| i.is_box).map(|(n, i)| (i.x - left, top(n))).collect();
        let line = |(from, to, way): &(usize, usize, Vec<usize>)| {
            let mut points = vec![(middle(*from), top(*from) + box_height)];
            for item in way {
                points.push((middle(*item), top(*item)));
                if item != to {
                    points.push((middle(*item), top(*item) + box_height));
                }
            }
            Line { from: *from, to: *to, points }
        };
        let lines: Vec<Line> = ways.iter().map(line).collect();
        let right = boxes.iter().map(|(x, _)| x + box_width);
        let width = right.chain(lines.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x))).max().unwrap_or(0);
        GraphLayout { width, height: boxes.iter().map(|(_, y)| y + box_height).max().unwrap_or(0), boxes, lines }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEASURES: Measures = Measures { width: 1_168, box_width: 244, box_height: 66, beside: 16, between: 44 };

    fn needs() -> impl Strategy<Value = Vec<Vec<usize>>> {
        prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 0..200).prop_map(|all| {
            let of = |(node, needed): (usize, Vec<prop::sample::Index>)| {
                let mut needed: Vec<usize> = needed.into_iter().filter(|_| node > 0).map(|n| n.index(node.max(1))).collect();
                needed.sort_unstable();
                needed.dedup();
                needed
            };
            all.into_iter().enumerate().map(of).collect()
        })
    }

    proptest! {
        #[test]
        fn boxes_never_overlap_stand_below_what_they_need_and_fit_the_page(needs in needs()) {
            let layout = layout(&needs, MEASURES);
            prop_assert_eq!(layout.boxes.len(), needs.len());
            prop_assert!(layout.width <= MEASURES.width, "{}", layout.width);
            for (n, (x, y)) in layout.boxes.iter().enumerate() {
                prop_assert!(*x >= 0 && x + MEASURES.box_width <= layout.width && y + MEASURES.box_height <= layout.height);
                for (x2, y2) in &layout.boxes[n + 1..] {
                    prop_assert!(y != y2 || (x - x2).abs() >= MEASURES.box_width + MEASURES.beside, "{x} {x2} at {y}");
                }
                prop_assert!(needs[n].iter().all(|needed| layout.boxes[*needed].1 < *y));
            }
            prop_assert_eq!(layout.lines.len(), needs.iter().map(Vec::len).sum::<usize>());
            for line in &layout.lines {
                let (from, to) = (layout.boxes[line.from], layout.boxes[line.to]);
                prop_assert_eq!(line.points[0], (from.0 + MEASURES.box_width / 2, from.1 + MEASURES.box_height));
                prop_assert_eq!(*line.points.last().unwrap_or(&(0, 0)), (to.0 + MEASURES.box_width / 2, to.1));
                prop_assert!(line.points.is_sorted_by_key(|(_, y)| *y) && line.points.len() % 2 == 0);
            }
        }
    }

    #[test]
    fn a_line_passes_beside_the_boxes_of_the_layers_between() {
        // 0 → 1 → 2, and 0 → 2.
        let layout = layout(&[vec![], vec![0], vec![0, 1]], MEASURES);
        let long = layout.lines.iter().find(|line| (line.from, line.to) == (0, 2)).map(|line| line.points[1].0);
        let (left, _) = layout.boxes[1];
        assert!(long.is_some_and(|x| x < left || x > left + MEASURES.box_width), "{layout:?}");
    }

    #[test]
    fn a_source_stands_just_above_who_needs_it() {
        let layout = layout(&[vec![], vec![0], vec![1], vec![], vec![2, 3]], MEASURES);
        assert_eq!(layout.boxes[3].1, layout.boxes[2].1);
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(layout(&[], MEASURES), GraphLayout::default());
    }
}
