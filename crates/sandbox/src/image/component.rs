//! Wraps the snapshotted core module as a component of our world.

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, TypeSection,
};
use wasmparser::{Parser, Payload, TypeRef};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::SandboxError;

const WASI: &str = "wasi_snapshot_preview1";

/// "Function not supported", of the `wasi_snapshot_preview1` interface.
const ENOSYS: i32 = 52;

/// The files of `wit/`, first the one that names the package.
pub(super) const WIT: [&str; 7] = [
    include_str!("../../../../wit/world.wit"),
    include_str!("../../../../wit/types.wit"),
    include_str!("../../../../wit/trace.wit"),
    include_str!("../../../../wit/calls.wit"),
    include_str!("../../../../wit/clock.wit"),
    include_str!("../../../../wit/entropy.wit"),
    include_str!("../../../../wit/process.wit"),
];

/// Makes the component: our interfaces are its imports and exports, and whatever the C library
/// still imports of WASI is answered inside it with an error. No WASI reaches the host.
pub(super) fn wrap(mut module: Vec<u8>) -> Result<Vec<u8>, SandboxError> {
    let failed = SandboxError::build("wrap as a component");
    let refusals = refuse_wasi(&module)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_source("wit", &WIT.concat()).map_err(&failed)?;
    let world = resolve.select_world(&[package], Some("guest")).map_err(&failed)?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .map_err(&failed)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.adapter(WASI, &refusals))
        .and_then(|mut encoder| encoder.encode())
        .map_err(&failed)
}

/// A module that exports every WASI function that `module` imports, each of which fails with
/// `ENOSYS`: the interpreter has booted, and at run time it needs none of them.
fn refuse_wasi(module: &[u8]) -> Result<Vec<u8>, SandboxError> {
    let unreadable = SandboxError::build("read the interpreter");
    let mut signatures = Vec::new();
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(&unreadable)? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    signatures.push(ty.map_err(&unreadable)?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(&unreadable)?;
                    if let (WASI, TypeRef::Func(ty)) = (import.module, import.ty) {
                        imports.push((import.name, signatures[ty as usize].clone()));
                    }
                }
            }
            _ => {}
        }
    }

    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, (name, signature)) in (0_u32..).zip(&imports) {
        let value_type = |ty: &wasmparser::ValType| match ty {
            wasmparser::ValType::I64 => wasm_encoder::ValType::I64,
            _ => wasm_encoder::ValType::I32,
        };
        types.ty().function(
            signature.params().iter().map(value_type),
            signature.results().iter().map(value_type),
        );
        functions.function(index);
        exports.export(name, ExportKind::Func, index);
        let mut body = Function::new([]);
        if signature.results().is_empty() {
            body.instructions().unreachable();
        } else {
            body.instructions().i32_const(ENOSYS);
        }
        body.instructions().end();
        code.function(&body);
    }
    let mut refusals = Module::new();
    refusals.section(&types).section(&functions).section(&exports).section(&code);
    Ok(refusals.finish())
}
