using System.Text;

namespace Purser.Ethereum.Tests.Documents;

public sealed class Eip191Tests
{
    [Theory]
    [InlineData("", "0x5f35dce98ba4fba25530a026ed80b2cecdaa31091ba4958b99b52ea1d068adad")]
    [InlineData("Hello World", "0xa1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2")]
    public void a_personal_message_has_the_hash_that_every_wallet_signs(string message, string hash) =>
        Eip191.HashPersonalMessage(message).ShouldBe(Hash32.Parse(hash));

    [Fact]
    public void a_message_of_any_length_is_hashed_with_its_length_in_bytes()
    {
        foreach (var length in new[] { 9, 10, 99, 1000, 1023, 1024, 5000 })
        {
            var message = new byte[length];
            Eip191.HashPersonalMessage(message).ShouldBe(Keccak256.Hash([.. Encoding.UTF8.GetBytes($"\u0019Ethereum Signed Message:\n{length}"), .. message]));
        }
        Eip191.HashPersonalMessage("é").ShouldBe(Eip191.HashPersonalMessage([0xc3, 0xa9]));
        Should.Throw<EncoderFallbackException>(() => Eip191.HashPersonalMessage(new string((char)0xdc00, 1)));
    }
}
