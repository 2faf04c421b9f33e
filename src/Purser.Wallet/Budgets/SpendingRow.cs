using Purser.Ethereum;

namespace Purser.Wallet.Budgets;

/// <summary>A row of <c>wallet_spendings</c>.</summary>
internal sealed class SpendingRow
{
    /// <summary>The columns in the spelling of the members below.</summary>
    public const string Columns = "intent_id AS IntentId, part AS Part, account AS Account, asset AS Asset, origin AS Origin, payee AS Payee, amount AS Amount, held AS Held, reserved_at AS ReservedAt";

    public string IntentId { get; init; } = "";

    public long Part { get; init; }

    public byte[] Account { get; init; } = [];

    public string Asset { get; init; } = "";

    public string Origin { get; init; } = "";

    public byte[] Payee { get; init; } = [];

    public byte[] Amount { get; init; } = [];

    public long Held { get; init; }

    public long ReservedAt { get; init; }

    /// <summary>As <see cref="Spending.IsGas"/>.</summary>
    public bool IsGas => Asset.EndsWith("/gas", StringComparison.Ordinal);

    /// <summary>The spending.</summary>
    /// <exception cref="InvalidDataException">The row was edited into something that is none.</exception>
    public Spending Read() => Payee.Length == Address.Size && Amount.Length == UInt256.Size
        ? new(Asset, Origin, new Address(Payee), UInt256.FromBigEndian(Amount))
        : throw new InvalidDataException($"a spending of '{IntentId}' is stored in a form that cannot be read");
}
