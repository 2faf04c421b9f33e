using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Protocol.Contracts;

/// <summary>
/// A function of one contract on one chain that a policy names, so that calldata for it can be shown and judged by its arguments. What it decodes is whole and canonical:
/// the arguments, encoded again, are the same bytes, so nothing can ride along behind or between them.
/// </summary>
public sealed class KnownFunction
{
    /// <summary>The longest signature that is read, in characters.</summary>
    public const int MaxSignatureLength = 1024;

    /// <summary>A function that is already parsed.</summary>
    public KnownFunction(ChainId chain, Address contract, AbiFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        Chain = chain;
        Contract = contract;
        Function = function;
    }

    /// <summary>The chain.</summary>
    public ChainId Chain { get; }

    /// <summary>The contract.</summary>
    public Address Contract { get; }

    /// <summary>The function, with its parameters' names.</summary>
    public AbiFunction Function { get; }

    /// <summary>Reads a function by its human-readable signature, such as <c>stake(uint256 amount)</c>; the keyword <c>function</c> may stand before it.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="contract">The contract.</param>
    /// <param name="signature">The signature; names of parameters are taken for arguments, unnamed ones go by their place (<c>0</c>, <c>1</c>, …).</param>
    /// <param name="function">The function, when true is returned.</param>
    /// <param name="why">What is wrong with the signature, one line, when false is returned.</param>
    public static bool TryParse(ChainId chain, Address contract, string signature, [NotNullWhen(true)] out KnownFunction? function, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(signature);
        function = null;
        why = null;
        if (signature.Length > MaxSignatureLength)
        {
            why = $"a signature has at most {MaxSignatureLength} characters";
            return false;
        }

        try
        {
            function = new(chain, contract, AbiFunction.Parse(signature));
        }
        catch (AbiException e)
        {
            why = e.Message;
            return false;
        }

        if (function.Function.Inputs.Where(static input => input.Name.Length > 0).GroupBy(static input => input.Name, StringComparer.Ordinal).Any(static group => group.Count() > 1))
        {
            why = "two parameters have one name";
            function = null;
            return false;
        }

        return true;
    }

    /// <summary>The functions of a contract's JSON ABI, for a contract whose interface is at hand (<see cref="ContractArtifact.Abi"/>).</summary>
    /// <exception cref="AbiException">The document is no ABI.</exception>
    public static IReadOnlyList<KnownFunction> FromAbi(ChainId chain, Address contract, string abi) =>
        [.. AbiContract.Parse(abi).Functions.Select(function => new KnownFunction(chain, contract, function))];

    /// <summary>Whether a call goes to this contract and starts with this function's selector.</summary>
    public bool Matches(ChainId chain, in Address contract, ReadOnlySpan<byte> calldata) => Chain == chain && Contract == contract && Function.Matches(calldata);

    /// <summary>The calldata of a call. For callers that build an intent.</summary>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong.</exception>
    public byte[] Encode(params object?[] arguments) => Function.Encode(arguments);

    /// <summary>Decodes calldata of this function; false when it has another selector, is cut short, has anything too much, or is laid out otherwise than an encoder would.</summary>
    public bool TryDecode(ReadOnlySpan<byte> calldata, [NotNullWhen(true)] out DecodedCall? call)
    {
        call = null;
        if (!Function.Matches(calldata))
        {
            return false;
        }

        try
        {
            var arguments = Function.DecodeInput(calldata);
            if (!Function.Encode([.. arguments]).AsSpan().SequenceEqual(calldata))
            {
                return false;
            }

            call = new(this, arguments);
            return true;
        }
        catch (AbiException)
        {
            return false;
        }
    }

    /// <summary>The canonical signature, such as <c>stake(uint256)</c>.</summary>
    public override string ToString() => Function.Signature;
}
