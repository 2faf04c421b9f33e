namespace Purser.Sandbox.Rpc;

/// <summary>
/// Refuses a JSON-RPC request. Thrown by methods of the sandbox and by methods that are handed in; becomes the response's <c>error</c>,
/// never a failed HTTP request.
/// </summary>
public sealed class RpcException : Exception
{
    /// <summary>The body is no JSON.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON is no request.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>The method is not known.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The parameters do not fit the method.</summary>
    public const int InvalidParams = -32602;

    /// <summary>The node failed.</summary>
    public const int InternalError = -32603;

    /// <summary>The node refuses what was asked (a transaction, a block that it does not have).</summary>
    public const int Refused = -32000;

    /// <summary>The transaction is not taken (EIP-1474's "transaction rejected"): nonce, funds, fees.</summary>
    public const int Rejected = -32003;

    /// <summary>More than the node's bounds allow (EIP-1474).</summary>
    public const int LimitExceeded = -32005;

    /// <summary>The execution reverted; the data is the revert data.</summary>
    public const int Reverted = 3;

    /// <summary>An internal error without details.</summary>
    public RpcException()
        : this(InternalError, "internal error")
    {
    }

    /// <summary>A refusal with a message.</summary>
    public RpcException(string message)
        : this(Refused, message)
    {
    }

    /// <summary>A refusal with a message and its cause.</summary>
    public RpcException(string message, Exception innerException)
        : base(message, innerException) => Code = Refused;

    /// <summary>An error with a code, a message, and data in <c>0x</c> hex or none.</summary>
    public RpcException(int code, string message, string? errorData = null)
        : base(message)
    {
        Code = code;
        ErrorData = errorData;
    }

    /// <summary>The JSON-RPC error code.</summary>
    public int Code { get; }

    /// <summary>The error's <c>data</c>, or null for none.</summary>
    public string? ErrorData { get; }
}
