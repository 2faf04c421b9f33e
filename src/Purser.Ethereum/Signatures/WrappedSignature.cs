namespace Purser.Ethereum.Signatures;

/// <summary>
/// A signature of an account that may still have to be deployed (ERC-6492): <c>abi.encode(factory, factoryCalldata, signature) ‖ 0x6492…6492</c>.
/// </summary>
/// <param name="Factory">The contract that deploys the account.</param>
/// <param name="FactoryCalldata">What it is called with.</param>
/// <param name="Signature">What the account's code is then asked about.</param>
public sealed record WrappedSignature(Address Factory, ReadOnlyMemory<byte> FactoryCalldata, ReadOnlyMemory<byte> Signature)
{
    /// <summary>The mark's size, in bytes.</summary>
    public const int MarkSize = 32;

    private static readonly Hash32 s_mark = Hash32.Parse("0x6492649264926492649264926492649264926492649264926492649264926492");
    private static readonly AbiParameters s_parameters = AbiParameters.Parse("(address factory, bytes factoryCalldata, bytes signature)");

    /// <summary>Whether a signature carries the mark.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> signature) => signature.Length >= MarkSize && signature.EndsWith(s_mark.Bytes);

    /// <summary>The bytes, with the mark.</summary>
    public byte[] Encode() => [.. s_parameters.Encode(Factory, FactoryCalldata.ToArray(), Signature.ToArray()), .. s_mark.Bytes];

    /// <summary>Takes a wrapper apart, in any layout that a contract's own decoder takes. False without the mark, for anything else in front of it, and for a wrapper in a wrapper.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> signature, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out WrappedSignature? wrapped)
    {
        wrapped = null;
        if (!IsWrapped(signature))
        {
            return false;
        }
        try
        {
            var values = s_parameters.Decode(signature[..^MarkSize], AbiTolerance.Solidity);
            var inner = values.Get<byte[]>(2);
            wrapped = IsWrapped(inner) ? null : new(values.Get<Address>(0), values.Get<byte[]>(1), inner);
        }
        catch (AbiException)
        {
            // Not what the standard says; the mark alone makes no signature.
        }
        return wrapped is not null;
    }
}
