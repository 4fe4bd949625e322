//! Laying a paper out, page by page, in tenths of a point from the lower left corner.
use super::{
    Row, Sheet,
    letters::{encode, width, wrap},
};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// A4: width and height.
const A4: (i32, i32) = (5_950, 8_420);
/// The same in North America; what is written is no wider there.
const LETTER: (i32, i32) = (6_120, 7_920);
/// What stays free on each side.
const MARGIN: i32 = 560;
/// The right end of what is written.
const RIGHT: i32 = A4.0 - MARGIN;
/// Where the lists of a page end; below stands its number.
const FOOT: i32 = 900;
/// The size of text.
const SIZE: i32 = 95;
/// From one line of text to the next.
const LEADING: i32 = 135;
/// The right ends of the columns that hold numbers.
const QUANTITY: i32 = 3_700;
const EACH: i32 = 4_600;
/// Lines of a description at most; what is longer is cut.
const LINES_MAX: usize = 12;

/// The two faces.
#[derive(Clone, Copy)]
enum Face {
    Plain,
    Bold,
}

impl Face {
    fn name(self) -> Name<'static> {
        match self {
            Face::Plain => Name(b"F1"),
            Face::Bold => Name(b"F2"),
        }
    }
}

/// How text stands.
#[derive(Clone, Copy)]
struct Style {
    face: Face,
    size: i32,
    /// Between black and white.
    muted: bool,
}

const TEXT: Style = Style { face: Face::Plain, size: SIZE, muted: false };
const QUIET: Style = Style { muted: true, ..TEXT };
const STRONG: Style = Style { face: Face::Bold, ..TEXT };

/// Pages as they are filled.
struct Sheets {
    done: Vec<Content>,
    page: Content,
    /// How far down the page is written.
    y: i32,
    /// Where pages end above.
    top: i32,
}

impl Sheets {
    fn new((_, height): (i32, i32)) -> Self {
        let top = height - MARGIN;
        Sheets { done: Vec::new(), page: fresh(), y: top, top }
    }
    /// Writes a text whose left end stands at `x`.
    fn left(&mut self, x: i32, y: i32, style: Style, text: &str) {
        let page = &mut self.page;
        page.set_fill_gray(if style.muted { 0.38 } else { 0.08 });
        page.begin_text().set_font(style.face.name(), style.size as f32);
        page.next_line(x as f32, y as f32).show(Str(&encode(text)));
        page.end_text();
    }
    /// Writes a text whose right end stands at `x`.
    fn right(&mut self, x: i32, y: i32, style: Style, text: &str) {
        self.left(x - width(text, style.size), y, style, text);
    }
    /// Draws a line across.
    fn rule(&mut self, from: i32, y: i32) {
        self.page.set_stroke_gray(0.82).set_line_width(7.0);
        self.page.move_to(from as f32, y as f32).line_to(RIGHT as f32, y as f32).stroke();
    }
    /// Whether so much still fits above the foot.
    fn fits(&self, height: i32) -> bool {
        self.y - height >= FOOT
    }
    fn turn(&mut self) {
        self.done.push(std::mem::replace(&mut self.page, fresh()));
        self.y = self.top;
    }
    fn head_of_rows(&mut self) {
        let y = self.y - LEADING;
        self.left(MARGIN, y, QUIET, "Description");
        self.right(QUANTITY, y, QUIET, "Quantity");
        self.right(EACH, y, QUIET, "Unit price");
        self.right(RIGHT, y, QUIET, "Amount");
        self.rule(MARGIN, y - 60);
        self.y = y - 80;
    }
    fn row(&mut self, row: &Row) {
        let room = QUANTITY - width("Quantity", SIZE) - MARGIN - 100;
        let mut lines = wrap(&row.text, SIZE, room);
        lines.truncate(LINES_MAX);
        let mut below = wrap(&row.detail, SIZE, room);
        below.truncate(LINES_MAX);
        let height = LEADING * (lines.len().max(1) + below.len()) as i32 + 55;
        if !self.fits(height) {
            self.turn();
            self.head_of_rows();
        }
        let first = self.y - LEADING;
        self.right(QUANTITY, first, TEXT, &row.quantity);
        self.right(EACH, first, TEXT, &row.each);
        self.right(RIGHT, first, TEXT, &row.amount);
        for (n, line) in lines.iter().enumerate() {
            self.left(MARGIN, first - LEADING * n as i32, TEXT, line);
        }
        for (n, line) in below.iter().enumerate() {
            self.left(MARGIN, first - LEADING * (lines.len().max(1) + n) as i32, QUIET, line);
        }
        self.y -= height;
    }
    /// Writes lines one below the other, on as many pages as they need.
    fn block(&mut self, style: Style, text: &str) {
        for line in wrap(text, style.size, RIGHT - MARGIN) {
            if !self.fits(LEADING) {
                self.turn();
            }
            self.y -= LEADING;
            self.left(MARGIN, self.y, style, &line);
        }
    }
}

/// A page on which the unit is a tenth of a point.
fn fresh() -> Content {
    let mut page = Content::new();
    page.transform([0.1, 0.0, 0.0, 0.1, 0.0, 0.0]);
    page
}

/// Writes columns side by side from one height on; answers how far down they go.
fn columns(sheets: &mut Sheets, columns: [(&str, &[String]); 2]) -> i32 {
    let (top, half) = (sheets.y, (RIGHT - MARGIN) / 2);
    let mut lowest = top;
    for (n, (head, lines)) in columns.into_iter().enumerate() {
        let x = MARGIN + half * n as i32;
        let mut y = top - LEADING;
        sheets.left(x, y, QUIET, head);
        let wrapped = lines.iter().flat_map(|line| wrap(line, SIZE, half - 150));
        for (at, line) in wrapped.take(LINES_MAX).enumerate() {
            y -= LEADING;
            sheets.left(x, y, if at == 0 { STRONG } else { TEXT }, &line);
        }
        lowest = lowest.min(y);
    }
    lowest
}

/// The document of a paper.
pub fn draw(sheet: &Sheet) -> Vec<u8> {
    let size = if sheet.letter { LETTER } else { A4 };
    let mut sheets = Sheets::new(size);
    sheets.y -= 200;
    sheets.left(MARGIN, sheets.y, Style { face: Face::Bold, size: 220, muted: false }, &sheet.title);
    sheets.y -= 120;
    for (name, value) in &sheet.facts {
        sheets.y -= LEADING;
        sheets.left(MARGIN, sheets.y, QUIET, name);
        sheets.left(MARGIN + 1_100, sheets.y, TEXT, value);
    }
    sheets.y -= 200;
    sheets.y = columns(&mut sheets, [("From", &sheet.from), ("Bill to", &sheet.to)]) - 330;
    for line in wrap(&sheet.headline, 150, RIGHT - MARGIN) {
        sheets.left(MARGIN, sheets.y, Style { face: Face::Bold, size: 150, muted: false }, &line);
        sheets.y -= 200;
    }
    sheets.y -= 100;
    sheets.head_of_rows();
    for row in &sheet.rows {
        sheets.row(row);
    }
    sheets.rule(MARGIN, sheets.y);
    for sum in &sheet.sums {
        if !sheets.fits(LEADING + 60) {
            sheets.turn();
        }
        sheets.y -= LEADING + 45;
        let style = if sum.strong { STRONG } else { TEXT };
        sheets.left(QUANTITY - 600, sheets.y, style, &sum.name);
        sheets.right(RIGHT, sheets.y, style, &sum.amount);
        sheets.rule(QUANTITY - 600, sheets.y - 60);
    }
    sheets.y -= 250;
    for note in &sheet.notes {
        sheets.block(QUIET, note);
        sheets.y -= 80;
    }
    sheets.turn();
    bind(sheet, size, sheets.done)
}

/// Numbers the pages and binds them.
fn bind(sheet: &Sheet, (across, high): (i32, i32), pages: Vec<Content>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let [catalog, tree, plain, bold, info] = [1, 2, 3, 4, 5].map(Ref::new);
    // Each page has two objects: itself, and what is on it.
    let page = |n: usize| Ref::new(6 + 2 * n as i32);
    let content = |n: usize| Ref::new(7 + 2 * n as i32);
    pdf.catalog(catalog).pages(tree);
    pdf.document_info(info)
        .title(TextStr(&format!("{} {}", sheet.title, number(sheet))))
        .producer(TextStr("Tollbridge"));
    pdf.pages(tree).kids((0..pages.len()).map(page)).count(pages.len() as i32);
    for (id, name) in [(plain, "Helvetica"), (bold, "Helvetica-Bold")] {
        pdf.type1_font(id).base_font(Name(name.as_bytes())).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let count = pages.len();
    for (n, drawn) in pages.into_iter().enumerate() {
        let mut it = pdf.page(page(n));
        it.media_box(Rect::new(0.0, 0.0, (across / 10) as f32, (high / 10) as f32))
            .parent(tree)
            .contents(content(n));
        it.resources().fonts().pair(Face::Plain.name(), plain).pair(Face::Bold.name(), bold);
        it.finish();
        let mut last = Sheets { done: Vec::new(), page: drawn, y: 0, top: 0 };
        last.left(MARGIN, MARGIN, QUIET, &format!("{} {}", sheet.title, number(sheet)));
        last.right(RIGHT, MARGIN, QUIET, &format!("Page {} of {count}", n + 1));
        pdf.stream(content(n), &last.page.finish());
    }
    pdf.finish()
}

/// The first of the facts, which is the number.
fn number(sheet: &Sheet) -> &str {
    sheet.facts.first().map_or("", |(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sum;

    fn sheet(rows: usize) -> Sheet {
        let row = |n: usize| Row {
            text: format!("Line {n}: a pot of clay, glazed"),
            detail: if n.is_multiple_of(3) {
                "7 October 2013 – 7 November 2013".into()
            } else {
                String::new()
            },
            quantity: "3".into(),
            each: "$5.00".into(),
            amount: "$15.00".into(),
        };
        Sheet {
            title: "Invoice".into(),
            headline: "$20.00 due 7 November 2013".into(),
            facts: vec![("Number".into(), "ABCD-0001".into()), ("Date".into(), "7 October 2013".into())],
            from: vec!["Ann's Pottery".into(), "1 Clay Lane".into()],
            to: vec!["Zoë".into()],
            rows: (0..rows).map(row).collect(),
            sums: vec![Sum { name: "Total".into(), amount: "$20.00".into(), strong: true }],
            notes: vec!["Thanks for your business".into()],
            letter: false,
        }
    }
    fn holds(pdf: &[u8], part: &[u8]) -> bool {
        pdf.windows(part.len()).any(|it| it == part)
    }

    #[test]
    fn what_is_said_is_on_the_paper() {
        let pdf = draw(&sheet(2));
        assert!(pdf.starts_with(b"%PDF-") && holds(&pdf, b"/Count 1"));
        for part in ["ABCD-0001", "Line 1: a pot", "$20.00 due", "Page 1 of 1", "Thanks for"] {
            assert!(holds(&pdf, part.as_bytes()), "{part}");
        }
        assert!(holds(&pdf, b"<5A6FEB>") || holds(&pdf, b"(Zo\xeb)"));
    }

    #[test]
    fn pages_are_as_large_as_where_they_go() {
        assert!(holds(&draw(&sheet(1)), b"[0 0 595 842]"));
        assert!(holds(&draw(&Sheet { letter: true, ..sheet(1) }), b"[0 0 612 792]"));
    }

    #[test]
    fn many_lines_take_many_pages() {
        let pdf = draw(&sheet(10_000));
        assert!(holds(&pdf, b"Line 9999") && !holds(&pdf, b"/Count 1\n"));
        let words = String::from("word ").repeat(5_000);
        let long = Sheet { notes: vec![words], headline: "x".repeat(300), ..sheet(1) };
        assert!(holds(&draw(&long), b"Page 3 of"));
    }
}
