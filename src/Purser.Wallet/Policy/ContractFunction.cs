using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Purser.Ethereum;

namespace Purser.Wallet.Policy;

/// <summary>A function in a policy, as the human wrote it: with the names of its parameters, to which the rules of arguments refer. Two are equal when their texts are.</summary>
public sealed class ContractFunction : IEquatable<ContractFunction>
{
    /// <summary>The longest text that is read.</summary>
    public const int MaxLength = 1_000;

    // What moves a token or lets another move it is said by its own intent, whose rules a call must not go around; a signature's permit and an operator's approval know no exact amount. Beside
    // ERC-20 and its usual additions: Permit2's own approvals, ERC-777, ERC-1363 and ERC-6909. Kept as selectors, since it is the selector that the contract goes by: a function of another
    // name with the same one calls the same.
    private static readonly HashSet<uint> s_own =
    [
        .. ((string[])
        [
            "approve(address,uint256)", "increaseAllowance(address,uint256)", "increaseApproval(address,uint256)", "setApprovalForAll(address,bool)",
            "transfer(address,uint256)", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
            "permit(address,address,uint256,uint256,bytes)", "approve(address,address,uint160,uint48)", "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)",
            "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)", "authorizeOperator(address)", "setOperator(address,bool)", "approve(address,uint256,uint256)",
            "approve(address,uint256,bytes)", "approveAndCall(address,uint256)", "approveAndCall(address,uint256,bytes)", "transferAndCall(address,uint256)", "transferAndCall(address,uint256,bytes)",
        ]).Select(signature => SelectorOf(AbiFunction.Parse($"function {signature}"))),
    ];

    private ContractFunction(string text, AbiFunction abi) => (Text, Abi) = (text, abi);

    /// <summary>As it was written, such as <c>stake(uint256 amount)</c>.</summary>
    public string Text { get; }

    /// <summary>The function.</summary>
    public AbiFunction Abi { get; }

    /// <summary>Whether calling it is said by another intent (<c>approve</c>, <c>transfer</c>), or would let another take without bound; such a call is refused.</summary>
    public bool HasOwnIntent => s_own.Contains(SelectorOf(Abi));

    /// <summary>Reads it in Solidity's spelling.</summary>
    /// <exception cref="FormatException">It is no function's signature; the message says where.</exception>
    public static ContractFunction Parse(string text) => TryParse(text, out var function, out var why) ? function : throw new FormatException(why);

    /// <summary>Reads it; false with the reason when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ContractFunction? function, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(text);
        (function, why) = (null, null);
        if (text.Length > MaxLength)
        {
            why = $"a function is at most {MaxLength} characters";
            return false;
        }

        try
        {
            function = new(text, AbiFunction.Parse(text));
            return true;
        }
        catch (AbiException e)
        {
            why = e.Message;
            return false;
        }
    }

    private static uint SelectorOf(AbiFunction function) => BinaryPrimitives.ReadUInt32BigEndian(function.Selector);

    /// <inheritdoc/>
    public bool Equals(ContractFunction? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ContractFunction);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <summary>As it was written.</summary>
    public override string ToString() => Text;
}
