// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Probe} from "../src/Probe.sol";
import {vm} from "../src/Vm.sol";

/// @notice Run by `forge test --fork-url` against a node that has a Probe at PROBE, with values[3] = 33 since the block PROBE_BLOCK.
contract ForkTest {
    Probe private probe;

    function setUp() external {
        probe = Probe(payable(vm.envAddress("PROBE")));
    }

    function test_state_of_the_node_is_there() external view {
        require(address(probe).code.length > 0, "no code");
        require(probe.values(3) == 33, "another value");
        require(block.chainid == 31337, "another chain");
    }

    function test_writes_stay_in_the_fork() external {
        probe.store(3, 34);
        require(probe.values(3) == 34, "not written");
    }

    function test_a_refusal_is_caught_with_its_data() external {
        vm.prank(address(0xabc));
        try probe.refuse(9) {
            require(false, "not refused");
        } catch (bytes memory data) {
            require(
                keccak256(data) == keccak256(abi.encodeWithSelector(Probe.Refused.selector, address(0xabc), 9)),
                "another error"
            );
        }
    }

    function test_the_past_can_be_rolled_to() external {
        vm.rollFork(vm.envUint("PROBE_BLOCK") - 1);
        require(probe.values(3) == 0, "already written");
    }

    function test_balances_are_those_of_the_node(uint96 amount) external {
        address rich = address(0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266);
        uint256 before = rich.balance;
        require(before > 9_000 ether, "not rich");
        vm.prank(rich);
        (bool ok,) = address(probe).call{value: amount % 1 ether}("");
        require(ok && rich.balance == before - amount % 1 ether, "not paid");
    }
}
