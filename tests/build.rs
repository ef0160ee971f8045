//! Assembles the guests that are written by hand.

#[path = "hostile/crafted.rs"]
mod crafted;

use std::path::Path;

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=hostile/crafted.rs");
    println!("cargo::rerun-if-changed=hostile/evaluator.wat");
    let folder = std::env::var("OUT_DIR")?;
    let write = |name: &str, text: &str| -> anyhow::Result<()> {
        let bytes = wat::parse_str(text).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
        Ok(std::fs::write(
            Path::new(&folder).join(format!("{name}.wasm")),
            bytes,
        )?)
    };
    let around = std::fs::read_to_string("hostile/evaluator.wat")?;
    for guest in crafted::EVALUATORS {
        write(guest.name, &around.replace("{{module}}", &module(guest)))?;
    }
    for (name, text) in crafted::OTHERS {
        write(name, text)?;
    }
    Ok(())
}

fn module(guest: &crafted::Crafted) -> String {
    let crafted::Crafted {
        extra,
        describe,
        evaluate,
        pages,
        ..
    } = guest;
    format!(
        r#"
        (memory (export "memory") {pages})
        (global $heap (mut i32) (i32.const 8192))
        {extra}
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
            (global.set $heap (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
        (func (export "sinops:plugin/evaluator@0.1.0#describe") (result i32)
            {describe}
            (i32.const 1024))
        (func (export "sinops:plugin/evaluator@0.1.0#evaluate") (param i32 i32 i32 i32 i64) (result i32)
            {evaluate}
            (i32.const 3072))
        ;; name, version, summary, schema, asks: pointer and length each
        (data (i32.const 1024)
            "\00\08\00\00\07\00\00\00" "\10\08\00\00\05\00\00\00" "\00\08\00\00\07\00\00\00"
            "\20\08\00\00\02\00\00\00" "\00\00\00\00\00\00\00\00")
        (data (i32.const 2048) "crafted")
        (data (i32.const 2064) "0.1.0")
        (data (i32.const 2080) "{{}}")"#
    )
}
