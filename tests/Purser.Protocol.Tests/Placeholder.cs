namespace Purser.Protocol.Tests;
