//! Guests written by hand, for what no compiler would make. The build script
//! assembles them; the tests find them with [`file`](crate::sandbox::crafted).

/// An evaluator; the parts are WebAssembly text, empty for one that behaves.
pub struct Crafted {
    pub name: &'static str,
    /// Memories besides the first, tables, functions, a start function.
    pub extra: &'static str,
    /// Runs in `describe`.
    pub describe: &'static str,
    /// Runs in `evaluate`. The answer lies at 3072: a result of a list.
    pub evaluate: &'static str,
    /// Pages of the first memory.
    pub pages: u32,
}

const BEHAVES: Crafted = Crafted {
    name: "behaves",
    extra: "",
    describe: "",
    evaluate: "",
    pages: 2,
};

const MANY_MEMORIES: &str = "(memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) \
    (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1)";

/// Every evaluator of ours.
pub const EVALUATORS: &[Crafted] = &[
    BEHAVES,
    Crafted { name: "loops-in-describe", describe: "(loop $l (br $l))", ..BEHAVES },
    Crafted { name: "loops-at-start", extra: "(func $start (loop $l (br $l))) (start $start)", ..BEHAVES },
    Crafted {
        name: "grows-several-memories",
        extra: "(memory $a 1) (memory $b 1)",
        evaluate: "(drop (memory.grow $a (i32.const 50))) (drop (memory.grow $b (i32.const 50)))",
        ..BEHAVES
    },
    Crafted { name: "begins-large", pages: 2000, ..BEHAVES },
    Crafted { name: "many-memories", extra: MANY_MEMORIES, ..BEHAVES },
    Crafted {
        name: "grows-tables",
        extra: "(table $a 1 funcref) (table $b 1 funcref)",
        evaluate: "(drop (table.grow $a (ref.null func) (i32.const 15000)))
                   (drop (table.grow $b (ref.null func) (i32.const 15000)))",
        ..BEHAVES
    },
    Crafted {
        name: "recurses-for-ever",
        extra: "(func $deep (param i64) (result i64)
                    (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))",
        evaluate: "(drop (call $deep (i64.const 0)))",
        ..BEHAVES
    },
    Crafted {
        name: "recurses-20000-times",
        extra: "(func $deep (param i32) (result i32)
                    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                        (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))",
        evaluate: "(drop (call $deep (i32.const 20000)))",
        ..BEHAVES
    },
    // The list lies in the guest's memory, which is zero: 40 bytes an item.
    Crafted { name: "ten-million-items", evaluate: TEN_MILLION, pages: 6200, ..BEHAVES },
    Crafted { name: "ten-million-absent-items", evaluate: TEN_MILLION, ..BEHAVES },
    // An error whose text is a gigabyte of zeros.
    Crafted {
        name: "gigabyte",
        evaluate: "(i32.store8 (i32.const 3072) (i32.const 1)) (i32.store8 (i32.const 3076) (i32.const 3))
                   (i32.store (i32.const 3080) (i32.const 0)) (i32.store (i32.const 3084) (i32.const 1073741824))",
        pages: 16385,
        ..BEHAVES
    },
];

const TEN_MILLION: &str =
    "(i32.store (i32.const 3076) (i32.const 0)) (i32.store (i32.const 3080) (i32.const 10000000))";

/// Files that are no plugins, by name and text.
pub const OTHERS: &[(&str, &str)] = &[
    ("nothing", "(component)"),
    ("core", "(module)"),
    (
        "other-world",
        r#"(component (instance $i) (export "acme:other/thing@1.0.0" (instance $i)))"#,
    ),
    (
        "other-version",
        r#"(component (instance $i) (export "sinops:plugin/notifier@0.9.0" (instance $i)))"#,
    ),
    (
        "other-shape",
        r#"(component (instance $i) (export "sinops:plugin/notifier@0.1.0" (instance $i)))"#,
    ),
    (
        "missing-import",
        r#"(component
            (import "acme:db/query@1.0.0" (instance $q (export "run" (func))))
            (instance $i) (export "sinops:plugin/notifier@0.1.0" (instance $i)))"#,
    ),
];
