using System.Diagnostics;
using System.Text.Json;

namespace Purser.Ethereum.Rpc;

/// <summary>What a node answered to one request.</summary>
internal abstract record JsonRpcReply
{
    private JsonRpcReply()
    {
    }

    /// <summary>The call's result; its JSON may be null.</summary>
    internal sealed record Result(JsonElement Value) : JsonRpcReply;

    /// <summary>The node's refusal. Message is foreign text, already cleaned.</summary>
    internal sealed record Error(int Code, string Message, byte[] Data) : JsonRpcReply
    {
        // -32005: the request limit of EIP-1474 and of providers; it passes.
        internal ChainException ToException(string method) =>
            new($"{method}: the node refused: {Message} (code {Code})") { Code = Code, ErrorData = Data, IsTransient = Code is -32005 or 429 };

        /// <summary>
        /// Whether the error says that the call ran and failed. Code 3 is that of geth and anvil; others send a server error (-32000 to -32099)
        /// with the reason in the message, older nodes without revert data. anvil says "EVM error …" of a halt and hardhat "… reverted …",
        /// both under the code of an internal error.
        /// </summary>
        internal bool IsExecutionFailure => Code == 3 || (Code is -32603 or (<= -32000 and >= -32099) && s_failures.Any(f => Message.Contains(f, StringComparison.OrdinalIgnoreCase)));

        private static readonly string[] s_failures =
        [
            "revert", "evm error", "out of gas", "invalid opcode", "opcode not", "invalid jump", "stack underflow", "stack overflow", "stack limit", "bad instruction",
            "gas required exceeds allowance", "vm execution error", "write protection", "invalid instruction", "contract creation code", "max code size", "max initcode size",
        ];
    }

    /// <summary>The result.</summary>
    /// <exception cref="ChainException">The node refused.</exception>
    internal JsonElement ResultOf(string method) => this switch
    {
        Result result => result.Value,
        Error error => throw error.ToException(method),
        _ => throw new UnreachableException(),
    };
}
