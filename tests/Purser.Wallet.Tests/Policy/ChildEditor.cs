using System.Text;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Policy;

/// <summary>An editor of the worst kind, in a process of its own: it writes the policy in place, emptied first and then half by half, the tight one and the loose one by turns, until it is killed.</summary>
internal sealed class ChildEditor(string folder)
{
    /// <summary>What it writes by turns.</summary>
    public static IReadOnlyList<byte[]> Texts { get; } =
    [
        PolicyJson.Write(TestMandate.Caps(4, 40) with { MaxPaymentsPerMinute = 100 }),
        Encoding.UTF8.GetBytes("// a longer one\n" + Encoding.UTF8.GetString(PolicyJson.Write(TestMandate.Caps(3, 30) with { MaxPaymentsPerMinute = 100, HoldFirstPayment = true })) + "/* the end */"),
    ];

    public void Run()
    {
        for (var turn = 0; ; turn++)
        {
            var text = Texts[turn % Texts.Count];
            using (var file = new FileStream(Path.Combine(folder, PolicyFile.FileName), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
            {
                file.Write(text.AsSpan(0, text.Length / 2));
                file.Write(text.AsSpan(text.Length / 2));
            }

            if (turn == 0)
            {
                Console.Out.WriteLine("writing");
            }
        }
    }
}
