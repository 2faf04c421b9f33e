using Purser.Ethereum;
using Purser.Ethereum.Rpc;

namespace Purser.Wallet.Tokens;

/// <summary>
/// Simulates a transfer of all that a holder has, and reads both balances before and after it in the same call: the node is asked to believe that the holder's account runs a few instructions of ours
/// (state overrides of <c>eth_call</c>). Nothing is sent, and nothing is changed.
/// </summary>
internal sealed class TransferProbe(JsonRpcChain node)
{
    private const int Words = 7;

    // Nobody's: the last 20 bytes of a hash.
    private static readonly Address s_payee = new(Keccak256.Hash("the payee of purser's simulated transfer"u8).Bytes[12..]);

    /// <summary>What came of it; null when the node does not take overrides, or the code did not run to its end.</summary>
    /// <exception cref="ChainException">The node could not be asked.</exception>
    public async Task<SimulatedTransfer?> RunAsync(Address token, Address holder, UInt256 amount, CancellationToken cancellationToken)
    {
        CallResult result;
        try
        {
            result = await node.SendAsync(
                Eth.Call(new CallRequest { To = holder, Gas = 3_000_000 }, overrides: new Dictionary<Address, StateOverride> { [holder] = new() { Code = Code(token, amount) } }), cancellationToken);
        }
        catch (ChainException exception) when (!exception.IsTransient)
        {
            return null;
        }

        if (result is not CallResult.Returned { Data.Length: Words * 32 } returned)
        {
            return null;
        }

        UInt256 Word(int index) => UInt256.FromBigEndian(returned.Data.AsSpan(index * 32, 32));
        var (holderBefore, payeeBefore, holderAfter, payeeAfter) = (Word(0), Word(1), Word(4), Word(5));
        var done = !Word(2).IsZero && (Word(6).IsZero || !Word(3).IsZero);
        return new(done, amount, holderBefore >= holderAfter ? holderBefore - holderAfter : UInt256.Zero, payeeAfter >= payeeBefore ? payeeAfter - payeeBefore : UInt256.Zero);
    }

    // Memory from 0x80: holder's and payee's balance, success, the answer's first word, both balances again, the answer's size.
    private static byte[] Code(Address token, UInt256 amount) =>
    [
        .. BalanceOf(token, null, 0x80),
        .. BalanceOf(token, s_payee, 0xA0),
        0x63, 0xa9, 0x05, 0x9c, 0xbb, 0x60, 0xE0, 0x1B, 0x60, 0x00, 0x52, // transfer(address,uint256)
        0x73, .. s_payee.ToArray(), 0x60, 0x04, 0x52,
        0x7F, .. amount.ToBigEndian(), 0x60, 0x24, 0x52,
        0x60, 0x20, 0x60, 0xE0, 0x60, 0x44, 0x60, 0x00, 0x60, 0x00, 0x73, .. token.ToArray(), 0x5A, 0xF1,
        0x60, 0xC0, 0x52, 0x3D, 0x61, 0x01, 0x40, 0x52,
        .. BalanceOf(token, null, 0x100),
        .. BalanceOf(token, s_payee, 0x120),
        0x60, Words * 32, 0x60, 0x80, 0xF3,
    ];

    // A balance into memory; of the account that runs when none is given.
    private static byte[] BalanceOf(Address token, Address? account, int into) =>
    [
        0x63, 0x70, 0xa0, 0x82, 0x31, 0x60, 0xE0, 0x1B, 0x60, 0x00, 0x52, // balanceOf(address)
        .. account is { } other ? (byte[])[0x73, .. other.ToArray()] : [0x30],
        0x60, 0x04, 0x52,
        0x60, 0x20, 0x61, (byte)(into >> 8), (byte)(into & 0xff), 0x60, 0x24, 0x60, 0x00, 0x73, .. token.ToArray(), 0x5A, 0xFA, 0x50,
    ];
}

/// <summary>A simulated transfer.</summary>
/// <param name="Done">Whether the token took it.</param>
/// <param name="Amount">What was to be moved, in minimal units.</param>
/// <param name="Lost">What the holder had less after it.</param>
/// <param name="Received">What the payee had more.</param>
internal sealed record SimulatedTransfer(bool Done, UInt256 Amount, UInt256 Lost, UInt256 Received);
